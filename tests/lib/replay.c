/* Runs a fuzzer's inputs once each, without a fuzzer: replay FILE... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes are followed by nothing, so that asan sees a step too far. */
static int replay(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rbe");
	uint8_t *input;
	size_t size;
	int status;

	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof data, file);
	fclose(file);
	input = malloc(size ? size : 1);
	for (size_t i = 0; i < size; i++)
		input[i] = data[i];
	status = LLVMFuzzerTestOneInput(input, size);
	free(input);
	return status;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	return failed;
}
