//! Buffers that are not as the contract wants them are refused, and nothing changes.

use abi::operation::OPERATIONS;
use abi::{ControlCode, MibIpForwardRow2, NtStatus, Operation, TableHeader, TableRequest};
use ipforward::{Device, Route};
use tests::{Profile, start_host, status, table, valid_row, without_age};
use zerocopy::{FromBytes, IntoBytes};

#[test]
fn a_buffer_of_another_length_is_refused() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let before = table(&device);
    for operation in OPERATIONS {
        let output = operation.output_length + size_of::<MibIpForwardRow2>();
        for length in (0..256).chain([4096, 65536, 1 << 20]) {
            if length == operation.input_length {
                continue;
            }
            let mut input = vec![0; length];
            let whole = length.min(size_of::<MibIpForwardRow2>());
            input[..whole].copy_from_slice(&valid_row().as_bytes()[..whole]);
            let answer = status(&device, operation.code, &input, output);
            assert_eq!(
                answer,
                NtStatus::INVALID_BUFFER_SIZE,
                "{} with {length} bytes",
                operation.name
            );
        }
    }
    assert_eq!(table(&device), before);
    drop(device);
    host.stop_clean();
}

#[test]
fn an_output_that_is_too_small_is_refused() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    device
        .create_route(&Route::try_from(&valid_row()).unwrap())
        .unwrap();
    for operation in OPERATIONS {
        let input = match operation.input_length {
            104 => valid_row().as_bytes().to_vec(),
            length => vec![0; length],
        };
        for length in 0..operation.output_length {
            let answer = status(&device, operation.code, &input, length);
            assert_eq!(
                answer,
                NtStatus::BUFFER_TOO_SMALL,
                "{} with room for {length} bytes",
                operation.name
            );
        }
    }
    drop(device);
    host.stop_clean();
}

#[test]
fn a_reserved_byte_that_is_not_zero_is_refused() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let before = table(&device);
    let create = Operation::CreateRoute.description().code;
    for reserved in [41, 42, 43, 73, 74, 75] {
        let mut bytes = valid_row().as_bytes().to_vec();
        bytes[reserved] = 1;
        let answer = status(&device, create, &bytes, 0);
        assert_eq!(answer, NtStatus::INVALID_USER_BUFFER, "byte {reserved}");
    }
    let request = TableRequest {
        reserved: [0, 0, 0, 0, 0, 1],
        ..TableRequest::default()
    };
    let page = Operation::GetTable.description().code;
    let answer = status(&device, page, request.as_bytes(), 4096);
    assert_eq!(answer, NtStatus::INVALID_USER_BUFFER);
    assert_eq!(table(&device), before);
    assert_eq!(
        status(&device, create, valid_row().as_bytes(), 0),
        NtStatus::SUCCESS
    );
    drop(device);
    host.stop_clean();
}

#[test]
fn an_unknown_control_code_is_no_device_request() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let buffered_read = 0x0012_6000;
    for function in 0..0x800 {
        let code = ControlCode(buffered_read | function << 2);
        if Operation::from_code(code).is_none() {
            let answer = status(&device, code, &[0; 104], 104);
            assert_eq!(
                answer,
                NtStatus::INVALID_DEVICE_REQUEST,
                "code {:#010X}",
                code.0
            );
        }
    }
    drop(device);
    host.stop_clean();
}

#[test]
fn an_output_larger_than_the_answer_gets_the_answer_only() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let code = Operation::QueryVersion.description().code;
    let output = device.raw_device_control(code, &[], 4096).unwrap();
    assert_eq!(
        output.len(),
        Operation::QueryVersion.description().output_length
    );
    drop(device);
    host.stop_clean();
}

#[test]
fn unused_bytes_of_an_address_do_not_change_the_key() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let create = Operation::CreateRoute.description().code;
    assert_eq!(
        status(&device, create, valid_row().as_bytes(), 0),
        NtStatus::SUCCESS
    );
    let mut spare = valid_row();
    spare.next_hop.ipv6 = [0xA5; 16];
    spare.destination_prefix.prefix.scope_id = 9;
    let answer = status(&device, create, spare.as_bytes(), 0);
    assert_eq!(answer, Profile::of_this_run().duplicate());
    drop(device);
    host.stop_clean();
}

#[test]
fn a_table_read_row_by_row_equals_the_table_read_at_once() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let whole = table(&device);
    let code = Operation::GetTable.description().code;
    let room = size_of::<TableHeader>() + size_of::<MibIpForwardRow2>();
    let (mut rows, mut request) = (Vec::new(), TableRequest::default());
    loop {
        let page = device
            .raw_device_control(code, request.as_bytes(), room)
            .unwrap();
        let (header, row) = TableHeader::read_from_prefix(&page).unwrap();
        assert_eq!((header.count, header.total as usize), (1, whole.len()));
        let row = MibIpForwardRow2::read_from_bytes(row).unwrap();
        rows.push(without_age(Route::try_from(&row).unwrap()));
        request.cursor = header.next_cursor;
        if request.cursor == 0 {
            break;
        }
    }
    assert_eq!(rows, whole);
    drop(device);
    host.stop_clean();
}

#[test]
fn an_unknown_cursor_is_out_of_sequence() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let code = Operation::GetTable.description().code;
    for cursor in [1, 1 << 32, u64::MAX] {
        let request = TableRequest {
            cursor,
            ..TableRequest::default()
        };
        let answer = status(&device, code, request.as_bytes(), 4096);
        assert_eq!(answer, NtStatus::REQUEST_OUT_OF_SEQUENCE);
    }
    drop(device);
    host.stop_clean();
}
