/* Fails calls to the file system on purpose; loaded before the C library by the lab `faults`.
 *
 *   FAULT_DIR, FAULT_DIR_2   only files below these directories are touched
 *   FAULT_KIND               write, sync, rename, open, truncate, unlink
 *   FAULT_FROM, FAULT_TO     the calls of that kind that fail, counted from 1, both ends included; FAULT_TO 0: all the rest
 *   FAULT_ERROR              a number of errno.h, or 0: a short write
 *   FAULT_REPORT             a file that gets the number of calls of the kind at the end
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { WRITE, SYNC, RENAME, OPEN, TRUNCATE, UNLINK, NONE };
static const char *const names[] = {"write", "sync", "rename", "open", "truncate", "unlink"};
static enum kind wanted = NONE;
static unsigned long from, to, count;
static int error;

static unsigned long number(const char *name) {
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *kind = getenv("FAULT_KIND");
    for (int k = 0; kind && k < NONE; k++)
        if (strcmp(kind, names[k]) == 0) wanted = k;
    from = number("FAULT_FROM");
    to = number("FAULT_TO");
    error = (int)number("FAULT_ERROR");
}

__attribute__((destructor)) static void end(void) {
    const char *report = getenv("FAULT_REPORT");
    FILE *file = report ? fopen(report, "w") : NULL;
    if (file) { fprintf(file, "%lu\n", count); fclose(file); }
}

static int below(const char *path, const char *name) {
    const char *dir = getenv(name);
    return dir && *dir && strncmp(path, dir, strlen(dir)) == 0;
}

/* 1 when this call is to fail. */
static int hit(enum kind kind, const char *path) {
    if (kind != wanted || !path || !(below(path, "FAULT_DIR") || below(path, "FAULT_DIR_2"))) return 0;
    unsigned long n = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    if (from == 0 || n < from || (to != 0 && n > to)) return 0;
    errno = error;
    return 1;
}

static int hit_fd(enum kind kind, int fd) {
    if (kind != wanted) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    return hit(kind, path);
}

#define REAL(ret, name, ...) ((ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))
#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list args; va_start(args, flags); mode = va_arg(args, mode_t); va_end(args); }
#define OPEN_AS(name) \
    int name(const char *path, int flags, ...) { \
        MODE(flags, mode) \
        if (hit(OPEN, path)) return -1; \
        return REAL(int, name, const char *, int, ...)(path, flags, mode); \
    }
#define OPENAT_AS(name) \
    int name(int dir, const char *path, int flags, ...) { \
        MODE(flags, mode) \
        if (hit(OPEN, path)) return -1; \
        return REAL(int, name, int, const char *, int, ...)(dir, path, flags, mode); \
    }
OPEN_AS(open)
OPEN_AS(open64)
OPENAT_AS(openat)
OPENAT_AS(openat64)

/* A short write writes half; of one byte there is no half. */
ssize_t write(int fd, const void *bytes, size_t len) {
    if (hit_fd(WRITE, fd)) {
        if (error) return -1;
        len = len > 1 ? len / 2 : len;
    }
    return REAL(ssize_t, write, int, const void *, size_t)(fd, bytes, len);
}
#define PWRITE_AS(name, offset) \
    ssize_t name(int fd, const void *bytes, size_t len, offset at) { \
        if (hit_fd(WRITE, fd)) { \
            if (error) return -1; \
            len = len > 1 ? len / 2 : len; \
        } \
        return REAL(ssize_t, name, int, const void *, size_t, offset)(fd, bytes, len, at); \
    }
PWRITE_AS(pwrite, off_t)
PWRITE_AS(pwrite64, off64_t)

int fsync(int fd) { return hit_fd(SYNC, fd) ? -1 : REAL(int, fsync, int)(fd); }
int fdatasync(int fd) { return hit_fd(SYNC, fd) ? -1 : REAL(int, fdatasync, int)(fd); }
int ftruncate(int fd, off_t len) { return hit_fd(TRUNCATE, fd) ? -1 : REAL(int, ftruncate, int, off_t)(fd, len); }
int ftruncate64(int fd, off64_t len) { return hit_fd(TRUNCATE, fd) ? -1 : REAL(int, ftruncate64, int, off64_t)(fd, len); }
int rename(const char *a, const char *b) { return hit(RENAME, a) ? -1 : REAL(int, rename, const char *, const char *)(a, b); }
int link(const char *a, const char *b) { return hit(RENAME, a) ? -1 : REAL(int, link, const char *, const char *)(a, b); }
int linkat(int d, const char *a, int e, const char *b, int f) {
    return hit(RENAME, a) ? -1 : REAL(int, linkat, int, const char *, int, const char *, int)(d, a, e, b, f);
}
int unlink(const char *path) { return hit(UNLINK, path) ? -1 : REAL(int, unlink, const char *)(path); }
