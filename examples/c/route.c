/*
 * Creates a route through the IpForward driver, reads it back, and deletes it. As administrator:
 *
 *     route 7 10.20.0.0 16 192.0.2.254
 *     route 7 2001:db8:20:: 48 2001:db8::1
 *
 * To build it, with Visual Studio or with MinGW-w64:
 *
 *     cl /W4 /I ..\..\include route.c ws2_32.lib cfgmgr32.lib
 *     x86_64-w64-mingw32-gcc -I ../../include -o route.exe route.c -lws2_32 -lcfgmgr32
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <winioctl.h>
#include <initguid.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <stdlib.h>

#include "ipforward.h"

/* Makes one call; prints the error if it fails. */
static BOOL call(HANDLE device, const char *name, DWORD code, void *input, DWORD input_length,
                 void *output, DWORD output_length)
{
    DWORD written = 0;

    if (!DeviceIoControl(device, code, input, input_length, output, output_length, &written, NULL)) {
        fprintf(stderr, "%s: Win32 error %lu\n", name, GetLastError());
        return FALSE;
    }
    if (written != output_length) {
        fprintf(stderr, "%s: got %lu bytes, expected %lu\n", name, written, output_length);
        return FALSE;
    }
    return TRUE;
}

static BOOL parse_address(const char *text, SOCKADDR_INET *address)
{
    ZeroMemory(address, sizeof *address);
    if (inet_pton(AF_INET, text, &address->Ipv4.sin_addr) == 1) {
        address->si_family = AF_INET;
        return TRUE;
    }
    if (inet_pton(AF_INET6, text, &address->Ipv6.sin6_addr) == 1) {
        address->si_family = AF_INET6;
        return TRUE;
    }
    fprintf(stderr, "invalid IP address `%s`\n", text);
    return FALSE;
}

/* Fails if the driver has another contract version than this program. */
static BOOL check_version(HANDLE device)
{
    IPFORWARD_VERSION version;

    if (!call(device, "QUERY_VERSION", IOCTL_IPFORWARD_QUERY_VERSION, NULL, 0, &version,
              sizeof version)) {
        return FALSE;
    }
    if (version.AbiVersion != IPFORWARD_ABI_VERSION) {
        fprintf(stderr, "the driver has contract version %lu, this program version %u\n",
                version.AbiVersion, IPFORWARD_ABI_VERSION);
        return FALSE;
    }
    printf("driver %u.%u.%u\n", version.DriverVersion[0], version.DriverVersion[1],
           version.DriverVersion[2]);
    return TRUE;
}

/* A row with the stack's defaults, and values for the members that it leaves unspecified. */
static BOOL make_route(HANDLE device, char **arguments, MIB_IPFORWARD_ROW2 *row)
{
    if (!call(device, "INITIALIZE_ROUTE", IOCTL_IPFORWARD_INITIALIZE_ROUTE, NULL, 0, row,
              sizeof *row)) {
        return FALSE;
    }
    row->InterfaceIndex = strtoul(arguments[0], NULL, 10);
    row->DestinationPrefix.PrefixLength = (UCHAR)strtoul(arguments[2], NULL, 10);
    row->SitePrefixLength = 0;
    row->Metric = 256;
    row->Protocol = (NL_ROUTE_PROTOCOL)MIB_IPPROTO_NETMGMT;
    return parse_address(arguments[1], &row->DestinationPrefix.Prefix) &&
           parse_address(arguments[3], &row->NextHop);
}

static BOOL run(HANDLE device, char **arguments)
{
    MIB_IPFORWARD_ROW2 route;
    MIB_IPFORWARD_ROW2 found;

    if (!check_version(device) || !make_route(device, arguments, &route)) {
        return FALSE;
    }
    if (!call(device, "CREATE_ROUTE", IOCTL_IPFORWARD_CREATE_ROUTE, &route, sizeof route, NULL, 0)) {
        return FALSE;
    }
    if (call(device, "GET_ROUTE", IOCTL_IPFORWARD_GET_ROUTE, &route, sizeof route, &found,
             sizeof found)) {
        printf("created: metric %lu, %lu seconds old\n", found.Metric, found.Age);
    }
    return call(device, "DELETE_ROUTE", IOCTL_IPFORWARD_DELETE_ROUTE, &route, sizeof route, NULL, 0);
}

/* Opens the device by its interface, or by its symbolic link if none is listed. */
static HANDLE open_device(void)
{
    GUID class_guid = GUID_DEVINTERFACE_IPFORWARD;
    WCHAR paths[1024] = L"";
    ULONG length = 0;

    if (CM_Get_Device_Interface_List_SizeW(&length, &class_guid, NULL,
                                           CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS ||
        length <= 1 ||
        CM_Get_Device_Interface_ListW(&class_guid, NULL, paths, 1024,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS) {
        paths[0] = 0;
    }
    return CreateFileW(paths[0] ? paths : IPFORWARD_DEVICE_PATH, GENERIC_READ | GENERIC_WRITE, 0,
                       NULL, OPEN_EXISTING, 0, NULL);
}

int main(int count, char **arguments)
{
    HANDLE device;
    BOOL done;

    if (count != 5) {
        fprintf(stderr, "usage: route INTERFACE-INDEX PREFIX LENGTH NEXT-HOP\n");
        return 2;
    }
    device = open_device();
    if (device == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "cannot open the device: Win32 error %lu\n", GetLastError());
        return 1;
    }
    done = run(device, arguments + 1);
    CloseHandle(device);
    return done ? 0 : 1;
}
