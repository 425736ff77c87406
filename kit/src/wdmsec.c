/*
 * wdmsec.lib: device objects with a security descriptor.
 *
 * A descriptor has a DACL alone, of entries that allow, with the abbreviations that the documentation
 * of SDDL for device objects lists. Settings of the device class in the registry do not replace it.
 */

#include <ntifs.h>
#include <wdmsec.h>

/* Room for the entries of a descriptor. */
#define DACL_BYTES 512

/* The length of an identifier with two parts. */
#define SID_BYTES 16

/* Two letters, and the identifier or the rights that they mean. */
typedef struct _ABBREVIATION {
    WCHAR Letters[2];
    UCHAR Authority;
    UCHAR Count;
    ULONG Parts[2];
} ABBREVIATION;

static const ABBREVIATION Identifiers[] = {
    {{L'W', L'D'}, 1, 1, {0}},        /* everyone */
    {{L'A', L'N'}, 5, 1, {7}},        /* anonymous */
    {{L'A', L'U'}, 5, 1, {11}},       /* authenticated users */
    {{L'I', L'U'}, 5, 1, {4}},        /* interactive users */
    {{L'N', L'U'}, 5, 1, {2}},        /* network users */
    {{L'S', L'U'}, 5, 1, {6}},        /* services */
    {{L'R', L'C'}, 5, 1, {12}},       /* restricted code */
    {{L'S', L'Y'}, 5, 1, {18}},       /* the system */
    {{L'L', L'S'}, 5, 1, {19}},       /* local service */
    {{L'N', L'S'}, 5, 1, {20}},       /* network service */
    {{L'B', L'A'}, 5, 2, {32, 544}},  /* administrators */
    {{L'B', L'U'}, 5, 2, {32, 545}},  /* users */
    {{L'B', L'G'}, 5, 2, {32, 546}},  /* guests */
    {{L'P', L'U'}, 5, 2, {32, 547}},  /* power users */
};

typedef struct _RIGHT {
    WCHAR Letters[2];
    ACCESS_MASK Mask;
} RIGHT;

static const RIGHT Rights[] = {
    {{L'G', L'A'}, GENERIC_ALL},   {{L'G', L'R'}, GENERIC_READ},
    {{L'G', L'W'}, GENERIC_WRITE}, {{L'G', L'X'}, GENERIC_EXECUTE},
    {{L'R', L'C'}, READ_CONTROL},  {{L'S', L'D'}, DELETE},
    {{L'W', L'D'}, WRITE_DAC},     {{L'W', L'O'}, WRITE_OWNER},
};

/* The rest of a text. */
typedef struct _TEXT {
    const WCHAR *At;
    ULONG Left;
} TEXT_CURSOR;

static BOOLEAN TakeOne(TEXT_CURSOR *Text, WCHAR Letter)
{
    if (Text->Left == 0 || *Text->At != Letter) {
        return FALSE;
    }
    Text->At++;
    Text->Left--;
    return TRUE;
}

static BOOLEAN TakeTwo(TEXT_CURSOR *Text, const WCHAR Letters[2])
{
    if (Text->Left < 2 || Text->At[0] != Letters[0] || Text->At[1] != Letters[1]) {
        return FALSE;
    }
    Text->At += 2;
    Text->Left -= 2;
    return TRUE;
}

/* A number in hexadecimal, behind its "0x". */
static BOOLEAN TakeHexadecimal(TEXT_CURSOR *Text, ACCESS_MASK *Mask)
{
    ULONG digits = 0;

    *Mask = 0;
    while (Text->Left > 0 && digits < 8) {
        WCHAR digit = *Text->At;

        if (digit >= L'0' && digit <= L'9') {
            digit -= L'0';
        } else if (digit >= L'a' && digit <= L'f') {
            digit -= L'a' - 10;
        } else if (digit >= L'A' && digit <= L'F') {
            digit -= L'A' - 10;
        } else {
            break;
        }
        *Mask = *Mask << 4 | digit;
        Text->At++;
        Text->Left--;
        digits++;
    }
    return digits > 0;
}

static BOOLEAN TakeRights(TEXT_CURSOR *Text, ACCESS_MASK *Mask)
{
    static const WCHAR hexadecimal[2] = {L'0', L'x'};
    BOOLEAN found = TRUE;

    if (TakeTwo(Text, hexadecimal)) {
        return TakeHexadecimal(Text, Mask);
    }
    *Mask = 0;
    while (found) {
        found = FALSE;
        for (ULONG i = 0; i < RTL_NUMBER_OF(Rights); i++) {
            if (TakeTwo(Text, Rights[i].Letters)) {
                *Mask |= Rights[i].Mask;
                found = TRUE;
            }
        }
    }
    return *Mask != 0;
}

static BOOLEAN TakeIdentifier(TEXT_CURSOR *Text, PSID Sid)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(Identifiers); i++) {
        SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, Identifiers[i].Authority}};

        if (!TakeTwo(Text, Identifiers[i].Letters)) {
            continue;
        }
        if (!NT_SUCCESS(RtlInitializeSid(Sid, &authority, Identifiers[i].Count))) {
            return FALSE;
        }
        for (ULONG part = 0; part < Identifiers[i].Count; part++) {
            *RtlSubAuthoritySid(Sid, part) = Identifiers[i].Parts[part];
        }
        return TRUE;
    }
    return FALSE;
}

/* One entry: (A;;rights;;;identifier). */
static NTSTATUS AddEntry(TEXT_CURSOR *Text, PACL Dacl)
{
    ULONG sid[SID_BYTES / sizeof(ULONG)];
    ACCESS_MASK mask;

    if (!TakeOne(Text, L'(') || !TakeOne(Text, L'A') || !TakeOne(Text, L';') ||
        !TakeOne(Text, L';') || !TakeRights(Text, &mask) || !TakeOne(Text, L';') ||
        !TakeOne(Text, L';') || !TakeOne(Text, L';') || !TakeIdentifier(Text, sid) ||
        !TakeOne(Text, L')')) {
        return STATUS_INVALID_PARAMETER;
    }
    return RtlAddAccessAllowedAce(Dacl, ACL_REVISION, mask, sid);
}

static NTSTATUS ReadDacl(PCUNICODE_STRING Sddl, PACL Dacl)
{
    TEXT_CURSOR text = {Sddl->Buffer, Sddl->Length / sizeof(WCHAR)};
    NTSTATUS status = RtlCreateAcl(Dacl, DACL_BYTES, ACL_REVISION);

    if (!TakeOne(&text, L'D') || !TakeOne(&text, L':')) {
        return STATUS_INVALID_PARAMETER;
    }
    (VOID) TakeOne(&text, L'P');
    while (NT_SUCCESS(status) && text.Left > 0) {
        status = AddEntry(&text, Dacl);
    }
    return status;
}

static NTSTATUS SetDacl(PDEVICE_OBJECT DeviceObject, PACL Dacl)
{
    SECURITY_DESCRIPTOR descriptor;
    HANDLE handle;
    NTSTATUS status;

    status = RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (NT_SUCCESS(status)) {
        status = RtlSetDaclSecurityDescriptor(&descriptor, TRUE, Dacl, FALSE);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObOpenObjectByPointer(
        DeviceObject, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &handle);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor);
    (VOID) ZwClose(handle);
    return status;
}

NTSTATUS WdmlibIoCreateDeviceSecure(
    PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
    DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
    PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid, PDEVICE_OBJECT *DeviceObject)
{
    ULONG_PTR dacl[DACL_BYTES / sizeof(ULONG_PTR)];
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(DeviceClassGuid);
    *DeviceObject = NULL;
    /* Without a name, no program can open the device by itself. */
    if (DeviceName == NULL && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME)) {
        return STATUS_INVALID_PARAMETER;
    }
    status = ReadDacl(DefaultSDDLString, (PACL) dacl);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = IoCreateDevice(
        DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive,
        &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = SetDacl(device, (PACL) dacl);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    *DeviceObject = device;
    return STATUS_SUCCESS;
}

NTSTATUS WdmlibRtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    SIZE_T characters = 0;

    while (SourceString != NULL && SourceString[characters] != L'\0') {
        if (++characters > UNICODE_STRING_MAX_CHARS - 1) {
            return STATUS_NAME_TOO_LONG;
        }
    }
    DestinationString->Buffer = (PWCH) SourceString;
    DestinationString->Length = (USHORT) (characters * sizeof(WCHAR));
    DestinationString->MaximumLength =
        SourceString == NULL ? 0 : (USHORT) ((characters + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}
