"""The compiled form of sqlite_flusher.py: a thread of C that never asks for the GIL."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.errno cimport errno

cdef extern from *:
    """
    #include <errno.h>
    #include <fcntl.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <sys/types.h>
    #include <sys/uio.h>
    #include <unistd.h>

    typedef struct {
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t wanted;
        int is_wanted, is_stopping;
        int ends[2];               /* a pipe: a byte for each write that is done */
        int file;
        const char *data;
        size_t size;
        off_t at;
        ssize_t written;
        int error;
    } flusher_t;

    static void flusher_write(flusher_t *it) {
    #ifdef RWF_DSYNC
        struct iovec part = {(void *)it->data, it->size};
        do it->written = pwritev2(it->file, &part, 1, it->at, RWF_DSYNC);
        while (it->written < 0 && errno == EINTR);
    #else
        do it->written = pwrite(it->file, it->data, it->size, it->at);
        while (it->written < 0 && errno == EINTR);
        if (it->written >= 0 &&
    #ifdef __linux__
            fdatasync(it->file)
    #else
            fsync(it->file)
    #endif
           ) it->written = -1;
    #endif
        it->error = it->written < 0 ? errno : 0;
    }

    static void *flusher_run(void *given) {
        flusher_t *it = given;
        for (;;) {
            pthread_mutex_lock(&it->lock);
            while (!it->is_wanted && !it->is_stopping)
                pthread_cond_wait(&it->wanted, &it->lock);
            int is_stopping = !it->is_wanted;
            it->is_wanted = 0;
            pthread_mutex_unlock(&it->lock);
            if (is_stopping) return NULL;
            flusher_write(it);
            while (write(it->ends[1], "", 1) < 0 && errno == EINTR);
        }
    }

    static flusher_t *flusher_new(void) {
        flusher_t *it = calloc(1, sizeof *it);
        if (!it) return NULL;
        if (pipe(it->ends)) { free(it); return NULL; }
        for (int i = 0; i < 2; i++) fcntl(it->ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(it->ends[0], F_SETFL, O_NONBLOCK);
        pthread_mutex_init(&it->lock, NULL);
        pthread_cond_init(&it->wanted, NULL);
        sigset_t all, before;
        sigfillset(&all);          /* signals are for Python's threads */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int error = pthread_create(&it->thread, NULL, flusher_run, it);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (error) {
            close(it->ends[0]); close(it->ends[1]); free(it);
            errno = error;
            return NULL;
        }
        return it;
    }

    static void flusher_submit(flusher_t *it, int file, const char *data, size_t size, off_t at) {
        pthread_mutex_lock(&it->lock);
        it->file = file; it->data = data; it->size = size; it->at = at;
        it->is_wanted = 1;
        pthread_cond_signal(&it->wanted);
        pthread_mutex_unlock(&it->lock);
    }

    static int flusher_is_done(flusher_t *it) {
        char byte;
        return read(it->ends[0], &byte, 1) == 1;
    }

    static void flusher_end(flusher_t *it) {
        pthread_mutex_lock(&it->lock);
        it->is_stopping = 1;
        pthread_cond_signal(&it->wanted);
        pthread_mutex_unlock(&it->lock);
        pthread_join(it->thread, NULL);
        close(it->ends[0]); close(it->ends[1]);
        pthread_cond_destroy(&it->wanted);
        pthread_mutex_destroy(&it->lock);
        free(it);
    }
    """
    ctypedef long off_t
    ctypedef struct flusher_t:
        int ends[2]
        ssize_t written
        int error
    flusher_t *flusher_new() nogil
    void flusher_submit(flusher_t *, int, const char *, size_t, off_t) nogil
    int flusher_is_done(flusher_t *) nogil
    void flusher_end(flusher_t *) nogil


cdef class Flusher:
    """`done` is called on the loop."""

    cdef flusher_t *_it
    cdef object _loop, _done, _data

    def __init__(self, loop, done):
        """Raises OSError."""
        self._it = flusher_new()
        if self._it is NULL:
            raise OSError(errno, "a thread cannot be started")
        self._loop, self._done = loop, done
        loop.add_reader(self._it.ends[0], self._told)

    def submit(self, int file, bytes data, at):
        """Write `data` at this place of an open file. Not before the last one is done."""
        self._data = data  # which the thread reads
        flusher_submit(self._it, file, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), at)

    def stop(self):
        """End the thread, which has nothing to do. Harmless when repeated."""
        cdef flusher_t *it = self._it
        if it is not NULL:
            self._it = NULL
            self._loop.remove_reader(it.ends[0])
            with nogil:
                flusher_end(it)

    def __dealloc__(self):
        if self._it is not NULL:
            flusher_end(self._it)

    def _told(self):
        if self._it is NULL or not flusher_is_done(self._it):
            return
        self._data = None
        self._done(self._it.written, self._it.error)
