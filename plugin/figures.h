/* Figures as people read them. Each returns `ret`. */
#ifndef PLUGIN_FIGURES_H
#define PLUGIN_FIGURES_H

/* Nanoseconds: "850ns", "12.3us", "4.56ms", "1.23s", "2m05s". Three digits. */
const char *figure_time(double ns, char ret[32]);
/* "812", "8,123", "1.23M"; below ten with one decimal. */
const char *figure_count(double value, char ret[32]);
/* Bytes: "812 B", "4.5 KiB", "12 MiB". */
const char *figure_bytes(double bytes, char ret[32]);

#endif
