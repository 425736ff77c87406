/* A program whose structures lie otherwise than the driver's: it must not compile. */
#include <winsock2.h>
#pragma pack(1)
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <winioctl.h>

#include "ipforward.h"
