// OpenSSL 3 for Swift: the headers, and an inline function or constant for each macro that Swift cannot import.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

static const uint64_t COpenSSL_SSL_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const uint64_t COpenSSL_SSL_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t COpenSSL_SSL_OP_NO_TICKET = SSL_OP_NO_TICKET;
static const uint64_t COpenSSL_SSL_OP_CIPHER_SERVER_PREFERENCE = SSL_OP_CIPHER_SERVER_PREFERENCE;

// Set explicitly, since the machine's openssl.cnf may switch some options off or on for every context.
static inline int COpenSSL_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int COpenSSL_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}

static inline int COpenSSL_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

static inline void COpenSSL_SSL_CTX_set_session_cache_off(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// A client gets each session that the server gives it, and OpenSSL keeps none.
static inline void COpenSSL_SSL_CTX_set_session_cache_client(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
}

// Seconds since 1970.
static inline int64_t COpenSSL_time(void) {
    return (int64_t)time(NULL);
}

static inline void COpenSSL_SSL_CTX_set_mode(SSL_CTX *context, unsigned int mode) {
    SSL_CTX_set_mode(context, mode);
}

static inline void COpenSSL_SSL_CTX_set_max_cert_list(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}

static inline int COpenSSL_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// The slot that OpenSSL reserves for the application.
static inline int COpenSSL_SSL_set_app_data(SSL *ssl, void *data) {
    return SSL_set_app_data(ssl, data);
}

static inline void *COpenSSL_SSL_get_app_data(const SSL *ssl) {
    return SSL_get_app_data(ssl);
}

static inline void COpenSSL_BIO_set_retry_read(BIO *bio) {
    BIO_set_retry_read(bio);
}

static inline void COpenSSL_BIO_clear_retry_flags(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

// The mode of the open file behind a file BIO, so that what is checked is what is read; 0 when it has none.
static inline unsigned int COpenSSL_BIO_file_mode(BIO *bio) {
    FILE *file = NULL;
    struct stat status;
    if (BIO_get_fp(bio, &file) != 1 || file == NULL || fstat(fileno(file), &status) != 0) {
        return 0;
    }
    return (unsigned int)status.st_mode;
}

// By what a changed file is known; all zero when there is none.
typedef struct {
    uint64_t inode;
    int64_t size;
    int64_t modified; // nanoseconds
    int64_t changed; // nanoseconds
} COpenSSL_FileMark;

static inline COpenSSL_FileMark COpenSSL_file_mark(const char *path) {
    COpenSSL_FileMark mark = {0, 0, 0, 0};
    struct stat status;
    if (stat(path, &status) == 0) {
        mark.inode = (uint64_t)status.st_ino;
        mark.size = (int64_t)status.st_size;
#ifdef __APPLE__
        mark.modified = (int64_t)status.st_mtimespec.tv_sec * 1000000000 + status.st_mtimespec.tv_nsec;
        mark.changed = (int64_t)status.st_ctimespec.tv_sec * 1000000000 + status.st_ctimespec.tv_nsec;
#else
        mark.modified = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
        mark.changed = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
#endif
    }
    return mark;
}

static inline int COpenSSL_sk_GENERAL_NAME_num(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

static inline const GENERAL_NAME *COpenSSL_sk_GENERAL_NAME_value(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

static inline int COpenSSL_sk_X509_num(const STACK_OF(X509) *certificates) {
    return sk_X509_num(certificates);
}

static inline X509 *COpenSSL_sk_X509_value(const STACK_OF(X509) *certificates, int index) {
    return sk_X509_value(certificates, index);
}

static inline STACK_OF(X509) *COpenSSL_sk_X509_new(void) {
    return sk_X509_new_null();
}

static inline int COpenSSL_sk_X509_push(STACK_OF(X509) *certificates, X509 *certificate) {
    return sk_X509_push(certificates, certificate);
}

// What a certificate store holds.
static inline int COpenSSL_sk_X509_OBJECT_num(const STACK_OF(X509_OBJECT) *objects) {
    return sk_X509_OBJECT_num(objects);
}

static inline X509_OBJECT *COpenSSL_sk_X509_OBJECT_value(const STACK_OF(X509_OBJECT) *objects, int index) {
    return sk_X509_OBJECT_value(objects, index);
}

// Writes the subject on one line as in RFC 2253, control characters escaped; the bytes written, 0 when that fails.
static inline int COpenSSL_subject(const X509 *certificate, uint8_t *text, int size) {
    BIO *output = BIO_new(BIO_s_mem());
    if (output == NULL) {
        return 0;
    }
    X509_NAME_print_ex(output, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    int count = BIO_read(output, text, size);
    BIO_free(output);
    return count > 0 ? count : 0;
}

// Frees the stack and not what is on it.
static inline void COpenSSL_sk_X509_free(STACK_OF(X509) *certificates) {
    sk_X509_free(certificates);
}

#endif
