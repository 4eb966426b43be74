/* To be written. */
#include "loadgen/h2.h"

struct lg_h2 *lg_h2_new(struct lg_connection *connection)
{
	(void)connection;
	return NULL;
}
void lg_h2_free(struct lg_h2 *h2)
{
	(void)h2;
}
int lg_h2_prepare(struct lg_request *request, const struct lg_url *url)
{
	(void)request, (void)url;
	return 0;
}
void lg_h2_release(struct lg_request *request)
{
	(void)request;
}
void lg_h2_submit(struct lg_h2 *h2, struct lg_vu *vu)
{
	(void)h2, (void)vu;
}
void lg_h2_abandon(struct lg_h2 *h2, struct lg_vu *vu)
{
	(void)h2, (void)vu;
}
void lg_h2_input(struct lg_h2 *h2, const char *data, size_t size)
{
	(void)h2, (void)data, (void)size;
}
