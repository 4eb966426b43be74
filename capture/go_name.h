/*
 * Whose code a frame of a Go program is, by its function's name and its file.
 *
 * A symbol is PACKAGE.NAME, the package being all up to the first dot behind the
 * last slash (dots in its last element are written %2e), and type arguments
 * stand in brackets (cmd/internal/objabi, go/types). A file is the path at build
 * time: GOROOT/src/PACKAGE/x.go, in the module cache or vendor/ for other
 * modules; with -trimpath PACKAGE/x.go and MODULE@VERSION/x.go.
 *
 * The first element of a package of the standard library has no dot, but nor
 * need that of a program's own module: so the element is looked up among the
 * names that the library has, and the file must not contradict.
 */
#ifndef CAPTURE_GO_NAME_H
#define CAPTURE_GO_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum go_code {
	GO_RUNTIME, /* runtime, what lies below it, and what the compiler makes */
	GO_LIBRARY, /* the rest of the standard library */
	GO_MODULE,  /* another module; code that is not Go */
	GO_OWN,
};

enum go_code go_code_of(const char *name, const char *file);
/* Bytes of the package's name, 0 when the symbol has none (assembly, C). */
size_t go_package_length(const char *name);

#endif
