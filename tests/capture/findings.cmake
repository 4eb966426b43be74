# What profiles mean: the recorded programs with a fault each and their healthy twins are in tests/capture/findings.
capture_test(go_name)
foreach(name findings goroutines)
	capture_test(${name} profile_help.c)
	target_compile_definitions(test_capture_${name} PRIVATE PROFILES="${CMAKE_CURRENT_SOURCE_DIR}/findings")
endforeach()

file(GLOB GOROUTINE_DUMPS ${CMAKE_CURRENT_SOURCE_DIR}/findings/*/*.txt)
fuzzer(goroutines capture capture ${GOROUTINE_DUMPS})
