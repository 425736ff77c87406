/* A pipe: bytes that are written come out of reads, in order. */

#ifndef PIPE_H
#define PIPE_H

/* In the spelling of a driver that was written on Windows, whose file names have no case. */
#include <NTDDK.H>
#include <Wdf.h>
#include <WdmSec.h>

#include "TRACE.h"

/* The most bytes that wait for a read. */
#define PIPE_CAPACITY 4096

/* How many bytes and how many reads wait, as two ULONGs. */
#define IOCTL_PIPE_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)
/* Discards the bytes that wait. */
#define IOCTL_PIPE_CLEAR CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* As IOCTL_PIPE_QUERY, by a request that the driver sends to its own device. */
#define IOCTL_PIPE_ASK_ITSELF CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _PIPE_COUNTS {
    ULONG Bytes;
    ULONG Reads;
} PIPE_COUNTS;

typedef struct _PIPE {
    WDFSPINLOCK Lock;
    /* Reads that wait for bytes. */
    WDFQUEUE Readers;
    /* The bytes, in a ring. */
    UCHAR Bytes[PIPE_CAPACITY];
    ULONG First;
    ULONG Count;
} PIPE;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PIPE, PipeOf)

EXTERN_C_START

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD PipeEvtDeviceAdd;
EVT_WDF_OBJECT_CONTEXT_CLEANUP PipeEvtDriverCleanup;
EVT_WDF_IO_QUEUE_IO_READ PipeEvtIoRead;
EVT_WDF_IO_QUEUE_IO_WRITE PipeEvtIoWrite;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL PipeEvtIoDeviceControl;
EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL PipeEvtIoInternalDeviceControl;

NTSTATUS PipeCreateQueues(_In_ WDFDEVICE Device);

EXTERN_C_END

#endif /* PIPE_H */
