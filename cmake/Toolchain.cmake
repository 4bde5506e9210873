# Warnings, hardening, sanitizers and the tools that make a second build fast.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Clang's -Wconversion holds the first, GCC's does not for C++. The second is about libstdc++'s
  # stable_sort, which uses what it deprecates; GCC looks at our own uses.
  add_compile_options(-Wno-sign-conversion -Wno-deprecated-declarations)
endif()
add_compile_definitions(_GNU_SOURCE)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

# The OpenSSF set for what we ship; sanitizers replace it in their own presets.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
    -fcf-protection=full -ftrivial-auto-var-init=zero -fno-strict-overflow
  )
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

set(PULSE_SANITIZE "" CACHE STRING "address,undefined or thread")
if(PULSE_SANITIZE)
  add_compile_options(-fsanitize=${PULSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PULSE_SANITIZE})
  if(PULSE_SANITIZE STREQUAL "thread")
    # Asio's fences are not understood by ThreadSanitizer; it has locks around them too.
    add_compile_options(-Wno-tsan)
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's own std::stop_source looks uninitialized once it is instrumented.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()

option(PULSE_FAILPOINTS "Compile the named kill points in (never in a release)" ON)
if(PULSE_FAILPOINTS AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(PULSE_FAILPOINTS)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths below the checkout are relative to ccache, so another clone finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 "${CCACHE_PROGRAM}")
endif()
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
