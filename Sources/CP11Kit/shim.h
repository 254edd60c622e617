#pragma once
// PKCS#11 modules through p11-kit. Only its headers are used when this is built: the library is loaded when a token is first
// named, so that a command that names none does not pay for it, and runs where it is not installed.
#include <dlfcn.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stddef.h>

#ifdef __APPLE__
#define SMIME_P11_LIBRARY "libp11-kit.0.dylib"
#else
#define SMIME_P11_LIBRARY "libp11-kit.so.0"
#endif

static inline void *smime_p11_symbol(const char *name) {
  void *library = dlopen(SMIME_P11_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  return library == NULL ? NULL : dlsym(library, name);
}

static inline int smime_p11_is_installed(void) { return smime_p11_symbol("p11_kit_module_load") != NULL; }

// The module in a file, started; NULL when it cannot be. p11-kit counts who uses it, and keeps users apart.
static inline CK_FUNCTION_LIST *smime_p11_module(const char *path) {
  CK_FUNCTION_LIST *(*load)(const char *, int) =
      (CK_FUNCTION_LIST * (*)(const char *, int)) smime_p11_symbol("p11_kit_module_load");
  CK_RV (*start)(CK_FUNCTION_LIST *) = (CK_RV(*)(CK_FUNCTION_LIST *))smime_p11_symbol("p11_kit_module_initialize");
  if (load == NULL || start == NULL) return NULL;
  CK_FUNCTION_LIST *module = load(path, 0);
  return module != NULL && start(module) == CKR_OK ? module : NULL;
}

// The modules that the system's configuration names, started, with NULL after the last; NULL when there are none.
static inline CK_FUNCTION_LIST **smime_p11_modules(void) {
  CK_FUNCTION_LIST **(*load)(int) = (CK_FUNCTION_LIST * *(*)(int)) smime_p11_symbol("p11_kit_modules_load_and_initialize");
  return load == NULL ? NULL : load(0);
}

static inline CK_RV smime_p11_info(CK_FUNCTION_LIST *module, CK_INFO *info) { return module->C_GetInfo(info); }

static inline CK_RV smime_p11_slots(CK_FUNCTION_LIST *module, CK_SLOT_ID *slots, CK_ULONG *count) {
  return module->C_GetSlotList(CK_TRUE, slots, count);
}

static inline CK_RV smime_p11_slot(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, CK_SLOT_INFO *info) {
  return module->C_GetSlotInfo(slot, info);
}

static inline CK_RV smime_p11_token(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
  return module->C_GetTokenInfo(slot, info);
}

static inline CK_RV smime_p11_mechanism(
    CK_FUNCTION_LIST *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
  return module->C_GetMechanismInfo(slot, type, info);
}

static inline CK_RV smime_p11_open(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, CK_SESSION_HANDLE *session) {
  return module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, session);
}

static inline CK_RV smime_p11_close(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session) {
  return module->C_CloseSession(session);
}

// Without a PIN the token asks for it by itself.
static inline CK_RV smime_p11_login(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG count) {
  return module->C_Login(session, user, pin, count);
}

// As many of the objects with these attributes as there is room for.
static inline CK_RV smime_p11_find(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG attribute_count,
    CK_OBJECT_HANDLE *objects, CK_ULONG room, CK_ULONG *count) {
  CK_RV result = module->C_FindObjectsInit(session, attributes, attribute_count);
  if (result != CKR_OK) return result;
  *count = 0;
  while (*count < room) {
    CK_ULONG found = 0;
    result = module->C_FindObjects(session, objects + *count, room - *count, &found);
    if (result != CKR_OK || found == 0) break;
    *count += found;
  }
  CK_RV end = module->C_FindObjectsFinal(session);
  return result != CKR_OK ? result : end;
}

// The octets of one attribute; only their number when there is no room.
static inline CK_RV smime_p11_attribute(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *value,
    CK_ULONG *count) {
  CK_ATTRIBUTE attribute = {type, value, value == NULL ? 0 : *count};
  CK_RV result = module->C_GetAttributeValue(session, object, &attribute, 1);
  *count = attribute.ulValueLen;
  return result;
}

static inline CK_RV smime_p11_sign_init(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, void *parameters,
    CK_ULONG parameter_count, CK_OBJECT_HANDLE key) {
  CK_MECHANISM mechanism = {type, parameters, parameter_count};
  return module->C_SignInit(session, &mechanism, key);
}

static inline CK_RV smime_p11_sign(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG data_count,
    unsigned char *signature, CK_ULONG *count) {
  return module->C_Sign(session, data, data_count, signature, count);
}

static inline CK_RV smime_p11_decrypt_init(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, void *parameters,
    CK_ULONG parameter_count, CK_OBJECT_HANDLE key) {
  CK_MECHANISM mechanism = {type, parameters, parameter_count};
  return module->C_DecryptInit(session, &mechanism, key);
}

static inline CK_RV smime_p11_decrypt(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG data_count,
    unsigned char *plain, CK_ULONG *count) {
  return module->C_Decrypt(session, data, data_count, plain, count);
}

// ECDH with a point: the shared x-coordinate, as an object that lives as long as the connection, can be read, and is destroyed at once.
static inline CK_RV smime_p11_derive(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, unsigned char *point,
    CK_ULONG point_count, unsigned char *secret, CK_ULONG secret_count) {
  CK_ECDH1_DERIVE_PARAMS parameters = {CKD_NULL, 0, NULL, point_count, point};
  CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &parameters, sizeof parameters};
  CK_OBJECT_CLASS class = CKO_SECRET_KEY;
  CK_KEY_TYPE type = CKK_GENERIC_SECRET;
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ATTRIBUTE attributes[] = {
      {CKA_CLASS, &class, sizeof class},      {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &no, sizeof no},
      {CKA_SENSITIVE, &no, sizeof no},        {CKA_EXTRACTABLE, &yes, sizeof yes},
      {CKA_VALUE_LEN, &secret_count, sizeof secret_count},
  };
  CK_OBJECT_HANDLE object = 0;
  CK_RV result = module->C_DeriveKey(
      session, &mechanism, key, attributes, sizeof attributes / sizeof *attributes, &object);
  if (result != CKR_OK) return result;
  CK_ATTRIBUTE value = {CKA_VALUE, secret, secret_count};
  result = module->C_GetAttributeValue(session, object, &value, 1);
  if (result == CKR_OK && value.ulValueLen != secret_count) result = CKR_GENERAL_ERROR;
  CK_RV end = module->C_DestroyObject(session, object);
  return result != CKR_OK ? result : end;
}
