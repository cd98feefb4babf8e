// One line an event on stderr: time, level, event, then key=value pairs. Control thread and start only.
#ifndef SLUICE_MAIN_LOG_H
#define SLUICE_MAIN_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

// Lines above this level are not written. Default: LOG_LEVEL_INFO.
void log_set_level(enum log_level level);

// event: one word such as "port-opened"; format: the pairs, "port=%s device=%s". Control bytes are written as '?'.
void log_line(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
