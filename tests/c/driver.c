/* ipforward.h in a driver. */
#include <ntddk.h>

#ifdef __MINGW32__
/* MinGW-w64's netioapi.h leaves these to winsock2.h and windows.h, which a driver does not have. */
#define __ROUTING_IPRTRMIB_H__
#include <psdk_inc/_ip_types.h>
typedef USHORT ADDRESS_FAMILY;
typedef struct sockaddr_storage {
    ADDRESS_FAMILY ss_family;
    CHAR bytes[126];
} SOCKADDR_STORAGE;
typedef struct _SOCKET_ADDRESS {
    PVOID lpSockaddr;
    INT iSockaddrLength;
} SOCKET_ADDRESS;
#else
#include <wsk.h>
#endif

#include <netioapi.h>

#include "ipforward.h"
