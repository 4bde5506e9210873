# Turns one .sql file of `-- name: x` blocks into a header of constexpr Query values.
#   embed_sql(TARGET pulse_store_sqlite DIALECT sqlite FILES db/queries/sqlite/steps.sql ...)
# makes "pulse/store/sqlite/sql/steps.h" with pulse::store::sqlite::sql::steps::<name>.
# Every statement must mention tenant_id, or say `-- tenant: any` and why; generation fails otherwise.
#   embed_migrations(TARGET pulse_store_sqlite DIALECT sqlite FOLDER db/migrations/sqlite)
# makes "pulse/store/sqlite/sql/migrations.h" with kMigrations[] = {number, name, up, down}.
if(CMAKE_SCRIPT_MODE_FILE AND FOLDER)
  file(GLOB ups "${FOLDER}/*.up.sql")
  list(SORT ups)
  set(body "")
  foreach(up IN LISTS ups)
    string(REGEX REPLACE "\\.up\\.sql$" ".down.sql" down "${up}")
    get_filename_component(stem "${up}" NAME)
    string(REGEX MATCH "^0*([0-9]+)_([a-z0-9_]+)" _ "${stem}")
    set(number "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    file(READ "${up}" up_text)
    file(READ "${down}" down_text)
    string(APPEND body "    {${number}, \"${name}\", R\"sql(${up_text})sql\", R\"sql(${down_text})sql\"},\n")
  endforeach()
  file(WRITE "${OUT}" "// Generated from db/migrations. Do not edit.\n#pragma once\n#include \"pulse/store/query.h\"\nnamespace pulse::store::${DIALECT}::sql {\ninline constexpr Migration kMigrations[] = {\n${body}};\n}\n")
  return()
elseif(CMAKE_SCRIPT_MODE_FILE)
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

add_custom_target(generated)

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
  # Readers of the code that compile nothing (tools/tidy) ask for `generated` alone.
  add_custom_target(${ARG_TARGET}_queries DEPENDS ${headers})
  add_dependencies(generated ${ARG_TARGET}_queries)
endfunction()

function(embed_migrations)
  cmake_parse_arguments(ARG "" "TARGET;DIALECT;FOLDER" "" ${ARGN})
  set(out "${PROJECT_BINARY_DIR}/generated/pulse/store/${ARG_DIALECT}/sql/migrations.h")
  file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${ARG_FOLDER}/*.sql")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" -DFOLDER=${PROJECT_SOURCE_DIR}/${ARG_FOLDER} -DOUT=${out}
            -DDIALECT=${ARG_DIALECT} -P "${PROJECT_SOURCE_DIR}/cmake/EmbedSql.cmake"
    DEPENDS ${files} "${PROJECT_SOURCE_DIR}/cmake/EmbedSql.cmake"
    VERBATIM
  )
  target_sources(${ARG_TARGET} PRIVATE "${out}")
  target_include_directories(${ARG_TARGET} PUBLIC "${PROJECT_BINARY_DIR}/generated")
  add_custom_target(${ARG_TARGET}_migrations DEPENDS "${out}")
  add_dependencies(generated ${ARG_TARGET}_migrations)
endfunction()
