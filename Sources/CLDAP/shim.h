#include <ldap.h>
#include <openldap.h>
#include <lber.h>
