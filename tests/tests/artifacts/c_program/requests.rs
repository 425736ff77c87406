//! The example runs here, over the few functions of Windows that it calls (`tests/c/windows.c`),
//! and the Rust client does the same: both talk to the same fake driver, which writes down what
//! it is asked.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use abi::version::ABI_VERSION;
use abi::{AddressFamily, ControlCode, MibIpForwardRow2, NtStatus, Operation, Version};
use ipforward::{Device, DriverError, Interface, IpNet, Route};
use ipforward::{Transport, TransportError};
use tempfile::TempDir;
use zerocopy::IntoBytes;

use super::clang::{Clang, run};

/// Types, layouts and calling convention of Windows, in an object that Linux can link.
const WINDOWS_IN_ELF: &str = "x86_64-w64-windows-gnu-elf";

/// One `DeviceIoControl`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    code: u32,
    input: Vec<u8>,
    output_length: usize,
}

/// A driver that answers every request with success, and records it.
#[derive(Clone, Default)]
struct Fake {
    seen: Arc<Mutex<Vec<Request>>>,
    refuses: Option<Operation>,
}

impl Fake {
    fn answer(&self, request: Request) -> Option<Vec<u8>> {
        let operation = Operation::from_code(ControlCode(request.code)).expect("a known code");
        let answer = match operation {
            Operation::QueryVersion => Version {
                abi_version: ABI_VERSION,
                ..Version::default()
            }
            .as_bytes()
            .to_vec(),
            Operation::InitializeRoute => fresh_row().as_bytes().to_vec(),
            Operation::GetRoute => request.input.clone(),
            _ => Vec::new(),
        };
        self.seen.lock().unwrap().push(request);
        (self.refuses != Some(operation)).then_some(answer)
    }

    /// The code and the input of each request. The output buffer may differ.
    fn requests(&self) -> Vec<(u32, Vec<u8>)> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .map(|request| (request.code, request.input.clone()))
            .collect()
    }
}

impl Transport for Fake {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        let request = Request {
            code: code.0,
            input: input.to_vec(),
            output_length: output.len(),
        };
        let driver_error =
            TransportError::Refused(DriverError::from_status(NtStatus::DUPLICATE_OBJECTID));
        let answer = self.answer(request).ok_or(driver_error)?;
        output[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }
}

/// What `InitializeIpForwardEntry` gives.
fn fresh_row() -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        site_prefix_length: abi::route::SITE_PREFIX_UNSPECIFIED,
        valid_lifetime: abi::route::INFINITE_LIFETIME,
        preferred_lifetime: abi::route::INFINITE_LIFETIME,
        metric: abi::route::UNSPECIFIED,
        protocol: abi::route::UNSPECIFIED,
        loopback: 1,
        autoconfigure_address: 1,
        publish: 1,
        immortal: 1,
        ..MibIpForwardRow2::default()
    }
}

/// Builds the example for Linux.
fn build(folder: &Path) -> PathBuf {
    let clang = Clang::find();
    let object = |name: &str| folder.join(name).with_extension("o");
    let program = folder.join("route");
    let done = run(clang
        .command(WINDOWS_IN_ELF)
        .args(["-O1", "-fno-builtin", "-D__USE_MINGW_ANSI_STDIO=0", "-c"])
        .arg("examples/c/route.c")
        .arg("-o")
        .arg(object("route")))
    .and_then(|()| {
        run(clang
            .bare_command(WINDOWS_IN_ELF)
            .args(["-O1", "-ffreestanding", "-c", "tests/c/windows.c", "-o"])
            .arg(object("windows")))
    })
    .and_then(|()| {
        run(clang
            .bare_command("x86_64-linux-gnu")
            .args(["-nostdlib", "-static"])
            .args([object("route"), object("windows")])
            .arg("-o")
            .arg(&program))
    });
    done.unwrap_or_else(|said| panic!("{said}"));
    program
}

/// Runs the example against the fake; its exit code.
fn run_example(arguments: &[&str], fake: &Fake) -> Option<i32> {
    let folder = TempDir::new().unwrap();
    let mut child = Command::new(build(folder.path()))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while let Some(request) = next_request(&mut child) {
        let length = request.output_length;
        let answer = answer(request, fake);
        let mut output = vec![u8::from(answer.is_some())];
        output.extend(answer.unwrap_or_default());
        output.resize(1 + length, 0);
        child.stdin.as_mut().unwrap().write_all(&output).unwrap();
    }
    child.wait().unwrap().code()
}

fn next_request(child: &mut Child) -> Option<Request> {
    let stream = child.stdout.as_mut().unwrap();
    let mut header = [[0; 4]; 3];
    stream.read_exact(header.as_flattened_mut()).ok()?;
    let [code, input_length, output_length] = header.map(u32::from_le_bytes);
    let mut input = vec![0; input_length as usize];
    stream.read_exact(&mut input).unwrap();
    Some(Request {
        code,
        input,
        output_length: output_length as usize,
    })
}

/// Answers a call of the driver, or of `inet_pton`, which has a family in place of a code.
fn answer(request: Request, fake: &Fake) -> Option<Vec<u8>> {
    let text = || str::from_utf8(&request.input).unwrap();
    match AddressFamily(request.code.try_into().unwrap_or(0)) {
        AddressFamily::IPV4 => Some(text().parse::<Ipv4Addr>().ok()?.octets().to_vec()),
        AddressFamily::IPV6 => Some(text().parse::<Ipv6Addr>().ok()?.octets().to_vec()),
        _ => fake.answer(request),
    }
}

/// The same calls through the client.
fn run_client(route: &Route, fake: &Fake) {
    let device = Device::with_transport(fake.clone()).unwrap();
    device.initialize_route().unwrap();
    device.create_route(route).unwrap();
    assert_eq!(device.get_route(&route.key()), Ok(*route));
    device.delete_route(&route.key()).unwrap();
}

fn both_send_the_same(destination: &str, next_hop: &str) {
    let prefix: IpNet = destination.parse().unwrap();
    let next_hop_address: std::net::IpAddr = next_hop.parse().unwrap();
    let route = Route::new(prefix, Interface::Index(7)).via(next_hop_address);
    let (from_c, from_rust) = (Fake::default(), Fake::default());

    let (address, length) = destination.split_once('/').unwrap();
    assert_eq!(
        run_example(&["7", address, length, next_hop], &from_c),
        Some(0)
    );
    run_client(&route, &from_rust);

    assert_eq!(from_c.requests().len(), 5);
    assert_eq!(from_c.requests(), from_rust.requests());
}

#[test]
fn the_example_and_the_client_send_the_same_bytes_for_ipv4() {
    both_send_the_same("10.20.0.0/16", "192.0.2.254");
}

#[test]
fn the_example_and_the_client_send_the_same_bytes_for_ipv6() {
    both_send_the_same("2001:db8:20::/48", "2001:db8::1");
}

#[test]
fn the_example_stops_when_a_call_is_refused() {
    let fake = Fake {
        refuses: Some(Operation::CreateRoute),
        ..Fake::default()
    };
    let code = run_example(&["7", "10.20.0.0", "16", "192.0.2.254"], &fake);
    assert_eq!(code, Some(1));
    let create = Operation::CreateRoute.description().code.0;
    assert_eq!(fake.requests().last().map(|(code, _)| *code), Some(create));
}
