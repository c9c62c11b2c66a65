# widelimit_add_plugin(NAME SOURCE [MORE_SOURCES...] [BASELINE_ONLY] [RESIDENT] [VENDOR text] [LICENSE text] [SUMMARY text])
#
# Builds the plugin NAME.so, a module that exports only its entry symbol. SOURCE is the C++ file that contains
# WIDELIMIT_PLUGIN. It is compiled three times, for any x86-64, for AVX2 and for AVX-512, and the entry function selects
# the best copy that the processor supports. Everything in SOURCE except WIDELIMIT_PLUGIN must therefore be in an unnamed
# namespace. MORE_SOURCES are compiled once. BASELINE_ONLY builds no AVX copies: use it for solvers and for layers that
# are data. RESIDENT asks hosts never to unload the plugin: use it if a library of the plugin keeps threads.
# The AVX copies need Google Highway's headers. Without them, with WIDELIMIT_SIMD off, under sanitizers or on another
# architecture, only the baseline copy is built. Results of the copies agree up to rounding.
#
# Use target_link_libraries, target_include_directories, ... on NAME as usual: they also apply to the copies.
#
# widelimit_add_static_plugin(NAME SOURCE [MORE_SOURCES...] [BASELINE_ONLY] [VENDOR text] [LICENSE text] [SUMMARY text])
#
# Builds the same plugin as a static library NAME for programs that link their plugins. The program declares
# `extern "C" const widelimit_plugin* WIDELIMIT_STATIC_PLUGIN(NAME)(void);` and passes what it returns to Runtime::add.
# Of all symbols only this one is visible outside, so that several such plugins, each with its three copies, can be
# linked into one program: no copy for a better processor replaces an inline function of another plugin or the program.
include_guard(GLOBAL)

option(WIDELIMIT_SIMD "Compile plugins for AVX2 and AVX-512 too, chosen at run time (needs Google Highway)" ON)
find_path(WIDELIMIT_HIGHWAY_INCLUDE_DIR hwy/highway.h DOC "Where Google Highway's headers are")
mark_as_advanced(WIDELIMIT_HIGHWAY_INCLUDE_DIR)

function(_widelimit_sanitized result)
  set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_MODULE_LINKER_FLAGS} ${WIDELIMIT_SANITIZE}")
  get_directory_property(options COMPILE_OPTIONS)
  if(WIDELIMIT_SANITIZE OR "${flags} ${options}" MATCHES "-fsanitize=")
    set(${result} ON PARENT_SCOPE)
  else()
    set(${result} OFF PARENT_SCOPE)
  endif()
endfunction()

# Compiler options of every copy. Contraction is off: if the compiler fused a * b + c in some places and not in others, the
# same formula would give different bits, and the kernel of a sample with itself would differ from its variance. Code that
# wants a fused operation calls fma.
function(_widelimit_compile_as_plugin target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden
                                             VISIBILITY_INLINES_HIDDEN ON INTERPROCEDURAL_OPTIMIZATION OFF)
endfunction()

# Additional compiler options of a copy for avx2 or avx512. If one flag is missing, Highway selects a weaker target; the
# headers check that it does not.
function(_widelimit_compile_for target isa)
  set(flags_avx2 -mavx2 -mfma -mf16c -mbmi -mbmi2 -mpclmul -maes)
  set(flags_avx512 ${flags_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd)
  set(highway_avx2 HWY_AVX2)
  set(highway_avx512 HWY_AVX3)
  target_compile_options(${target} PRIVATE ${flags_${isa}})
  target_compile_definitions(${target} PRIVATE WIDELIMIT_SDK_HIGHWAY=${highway_${isa}})
  target_include_directories(${target} SYSTEM PRIVATE ${WIDELIMIT_HIGHWAY_INCLUDE_DIR})
endfunction()

# Whether copies other than the baseline are built.
function(_widelimit_has_better_copies result)
  _widelimit_sanitized(sanitized)
  if(WIDELIMIT_SIMD AND WIDELIMIT_HIGHWAY_INCLUDE_DIR AND NOT sanitized AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(${result} ON PARENT_SCOPE)
  else()
    set(${result} OFF PARENT_SCOPE)
  endif()
endfunction()

# Descriptor texts of a plugin, as compile definitions of a target.
function(_widelimit_describe target vendor license summary)
  foreach(text IN ITEMS VENDOR LICENSE SUMMARY)
    string(TOLOWER ${text} value)
    if(${value})
      target_compile_definitions(${target} PRIVATE "WIDELIMIT_SDK_${text}=\"${${value}}\"")
    endif()
  endforeach()
endfunction()

# An object library COPY of SOURCES that is compiled like the target PLUGIN, except for the definitions that match EXCEPT.
function(_widelimit_add_copy copy plugin except)
  add_library(${copy} OBJECT ${ARGN})
  _widelimit_compile_as_plugin(${copy})
  target_compile_options(${copy} PRIVATE $<TARGET_PROPERTY:${plugin},COMPILE_OPTIONS>)
  target_compile_definitions(${copy} PRIVATE $<FILTER:$<TARGET_PROPERTY:${plugin},COMPILE_DEFINITIONS>,EXCLUDE,${except}>)
  target_include_directories(${copy} PRIVATE $<TARGET_PROPERTY:${plugin},INCLUDE_DIRECTORIES>)
endfunction()

# The arguments of FUNCTION(NAME ...) with these FLAGS, in the caller as plugin_FLAG, plugin_VENDOR, plugin_LICENSE and
# plugin_SUMMARY, plugin_sources, and the first of these, plugin_source.
macro(_widelimit_parse_plugin function name flags)
  cmake_parse_arguments(plugin "${flags}" "VENDOR;LICENSE;SUMMARY" "" ${ARGN})
  set(plugin_sources ${plugin_UNPARSED_ARGUMENTS})
  if(NOT plugin_sources)
    message(FATAL_ERROR "${function}(${name} ...): name the source file that contains WIDELIMIT_PLUGIN")
  endif()
  list(GET plugin_sources 0 plugin_source)
endmacro()

function(widelimit_add_plugin name)
  _widelimit_parse_plugin(widelimit_add_plugin ${name} "BASELINE_ONLY;RESIDENT" ${ARGN})
  _widelimit_sanitized(sanitized)

  add_library(${name} MODULE ${plugin_sources})
  target_link_libraries(${name} PRIVATE widelimit::sdk)
  _widelimit_compile_as_plugin(${name})
  _widelimit_describe(${name} "${plugin_VENDOR}" "${plugin_LICENSE}" "${plugin_SUMMARY}")
  if(plugin_RESIDENT)
    target_compile_definitions(${name} PRIVATE WIDELIMIT_SDK_RESIDENT)
  endif()
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(WIDELIMIT_PLUGIN_OUTPUT_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${WIDELIMIT_PLUGIN_OUTPUT_DIR})
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT sanitized) # the sanitizer's runtime is in the executable
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()

  _widelimit_has_better_copies(better)
  if(plugin_BASELINE_ONLY OR NOT better)
    return()
  endif()
  target_compile_definitions(${name} PRIVATE WIDELIMIT_SDK_BETTER_COPIES)
  foreach(isa IN ITEMS avx2 avx512)
    set(copy ${name}_${isa})
    _widelimit_add_copy(${copy} ${name} ^WIDELIMIT_SDK_BETTER_COPIES$ ${plugin_source})
    _widelimit_compile_for(${copy} ${isa})
    target_compile_definitions(${copy} PRIVATE WIDELIMIT_SDK_ENTRY=widelimit_plugin_${isa})
    # Linked as a library, not as a source, so that these objects follow the plugin's own on the link line. The linker merges
    # inline functions that several copies define and keeps the first, which must run on every processor.
    target_link_libraries(${name} PRIVATE $<TARGET_OBJECTS:${copy}>)
  endforeach()
endfunction()

function(widelimit_add_static_plugin name)
  _widelimit_parse_plugin(widelimit_add_static_plugin ${name} "BASELINE_ONLY" ${ARGN})
  _widelimit_has_better_copies(better)
  _widelimit_sanitized(sanitized)

  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.static.o)
  if(sanitized) # relinking confuses the sanitizers' tables, and there is one copy of every function
    add_library(${name} STATIC ${plugin_sources})
    _widelimit_compile_as_plugin(${name})
  else()
    add_library(${name} STATIC ${object})
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
  target_link_libraries(${name} PRIVATE widelimit::sdk)
  target_compile_definitions(${name} PRIVATE WIDELIMIT_SDK_STATIC=${name})
  # GCC marks static variables of inline functions as unique in the process, which objcopy cannot take back.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  _widelimit_describe(${name} "${plugin_VENDOR}" "${plugin_LICENSE}" "${plugin_SUMMARY}")
  if(sanitized)
    return()
  endif()

  # The order of the objects is that of the copies of a shared plugin.
  _widelimit_add_copy(${name}_baseline ${name} ^$ ${plugin_sources})
  set(objects $<TARGET_OBJECTS:${name}_baseline>)
  if(better AND NOT plugin_BASELINE_ONLY)
    target_compile_definitions(${name}_baseline PRIVATE WIDELIMIT_SDK_BETTER_COPIES)
    foreach(isa IN ITEMS avx2 avx512)
      _widelimit_add_copy(${name}_${isa} ${name} ^$ ${plugin_source})
      _widelimit_compile_for(${name}_${isa} ${isa})
      target_compile_definitions(${name}_${isa} PRIVATE WIDELIMIT_SDK_ENTRY=widelimit_plugin_${isa})
      list(APPEND objects $<TARGET_OBJECTS:${name}_${isa}>)
    endforeach()
  endif()
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${object} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=widelimit_static_plugin_${name} ${object}
    DEPENDS ${objects}
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Relinking static plugin ${name}")
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
endfunction()
