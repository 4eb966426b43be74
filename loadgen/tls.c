/* To be written. */
#include "loadgen/tls.h"

#include "loadgen/text.h"

int lg_tls_new(const struct lg_plan *plan, struct lg_tls **ret, char error[LG_ERROR_SIZE])
{
	(void)plan, (void)ret;
	return lg_error_set(error, "no TLS yet");
}
void lg_tls_free(struct lg_tls *tls)
{
	(void)tls;
}
struct lg_tls_session *lg_tls_begin(struct lg_tls *tls, struct lg_connection *connection)
{
	(void)tls, (void)connection;
	return NULL;
}
void lg_tls_session_free(struct lg_tls_session *session)
{
	(void)session;
}
void lg_tls_input(struct lg_tls_session *session, const char *data, size_t size)
{
	(void)session, (void)data, (void)size;
}
void lg_tls_write(struct lg_tls_session *session, const char *data, size_t size)
{
	(void)session, (void)data, (void)size;
}
bool lg_tls_chose_h2(const struct lg_tls_session *session)
{
	(void)session;
	return false;
}
