# Turns one .sql file of `-- name: x` blocks into a header of constexpr Query values.
#   embed_sql(TARGET pulse_store_sqlite DIALECT sqlite FILES db/queries/sqlite/steps.sql ...)
# makes "pulse/store/sqlite/sql/steps.h" with pulse::store::sqlite::sql::steps::<name>.
# Every statement must mention tenant_id, or say `-- tenant: any` and why; generation fails otherwise.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${IN}" text)
  set(body "")
  set(mark "-- name: ")
  string(LENGTH "${mark}" mark_length)
  string(FIND "${text}" "${mark}" at)
  while(NOT at EQUAL -1)
    math(EXPR at "${at} + ${mark_length}")
    string(SUBSTRING "${text}" ${at} -1 text)
    string(FIND "${text}" "\n" end_of_line)
    string(SUBSTRING "${text}" 0 ${end_of_line} name)
    string(SUBSTRING "${text}" ${end_of_line} -1 text)
    string(FIND "${text}" "${mark}" at)
    string(SUBSTRING "${text}" 0 ${at} statement)
    string(STRIP "${name}" name)
    string(STRIP "${statement}" statement)
    if(NOT statement MATCHES "tenant_id" AND NOT statement MATCHES "-- tenant: any")
      message(FATAL_ERROR "${IN}: ${name} has no tenant_id and no `-- tenant: any` line")
    endif()
    string(APPEND body "inline constexpr Query ${name}{\"${NS}.${name}\", R\"sql(${statement})sql\"};\n")
  endwhile()
  file(WRITE "${OUT}" "// Generated from db/queries. Do not edit.\n#pragma once\n#include \"pulse/store/query.h\"\nnamespace pulse::store::${DIALECT}::sql::${NS} {\n${body}}\n")
  return()
endif()

function(embed_sql)
  cmake_parse_arguments(ARG "" "TARGET;DIALECT" "FILES" ${ARGN})
  set(headers "")
  foreach(file IN LISTS ARG_FILES)
    get_filename_component(stem "${file}" NAME_WE)
    set(out "${PROJECT_BINARY_DIR}/generated/pulse/store/${ARG_DIALECT}/sql/${stem}.h")
    add_custom_command(
      OUTPUT "${out}"
      COMMAND "${CMAKE_COMMAND}" -DIN=${PROJECT_SOURCE_DIR}/${file} -DOUT=${out} -DNS=${stem}
              -DDIALECT=${ARG_DIALECT} -P "${PROJECT_SOURCE_DIR}/cmake/EmbedSql.cmake"
      DEPENDS "${PROJECT_SOURCE_DIR}/${file}" "${PROJECT_SOURCE_DIR}/cmake/EmbedSql.cmake"
      VERBATIM
    )
    list(APPEND headers "${out}")
  endforeach()
  target_sources(${ARG_TARGET} PRIVATE ${headers})
  target_include_directories(${ARG_TARGET} PUBLIC "${PROJECT_BINARY_DIR}/generated")
endfunction()
