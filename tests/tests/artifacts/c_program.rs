//! The contract for programs in C: the header compiles wherever it may be used, its layouts are
//! those of `netioapi.h`, and the example sends the very bytes that the Rust client sends.

mod clang;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod requests;

use std::fs;
use std::path::Path;

use clang::Clang;

const ARCHITECTURES: [&str; 2] = ["x86_64", "i686"];
const C: [&[&str]; 3] = [
    &["-x", "c", "-std=c99"],
    &["-x", "c", "-std=c11"],
    &["-x", "c", "-std=c17"],
];
const CPP: [&[&str]; 3] = [
    &["-x", "c++", "-std=c++11"],
    &["-x", "c++", "-std=c++17"],
    &["-x", "c++", "-std=c++20"],
];

/// Compiles a file for 32 and 64 bits without a single warning.
fn compiles(file: &str, languages: &[&[&str]], options: &[&str]) {
    let clang = Clang::find();
    for architecture in ARCHITECTURES {
        for language in languages {
            clang
                .check(file, architecture, &[language, options].concat())
                .unwrap_or_else(|said| panic!("{file} for {architecture}, {language:?}:\n{said}"));
        }
    }
}

#[test]
fn the_example_compiles_as_c_and_cpp_with_windows_layouts() {
    compiles("examples/c/route.c", &[C, CPP].concat(), &[]);
}

#[test]
fn the_header_serves_a_driver() {
    // MinGW-w64's own DDK headers are no C++, and clang has a remark on their intrinsics.
    compiles("tests/c/driver.c", &C, &["-Wno-#warnings"]);
}

#[test]
fn a_program_with_another_layout_does_not_compile() {
    let clang = Clang::find();
    for architecture in ARCHITECTURES {
        let said = clang
            .check("tests/c/packed.c", architecture, &["-x", "c", "-std=c11"])
            .expect_err("packed structures are not the driver's");
        assert!(said.contains("sizeof(IP_ADDRESS_PREFIX) == (32)"), "{said}");
    }
}

/// The C of a page, each piece with what it takes for granted around it.
fn pieces(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let fenced = text.split("```c\n").skip(1);
    let code = fenced.map(|rest| rest.split("```").next().expect("a first part"));
    code.map(|code| {
        format!(
            "#include <winsock2.h>\n#include <ws2tcpip.h>\n#include <iphlpapi.h>\n\
             #include <winioctl.h>\n#include <initguid.h>\n#include <cfgmgr32.h>\n\
             #include <stdio.h>\n#include \"ipforward.h\"\n\
             void piece(HANDLE device);\n\
             void piece(HANDLE device)\n{{\n(void)device;\n{{\n{code}}}\n}}\n"
        )
    })
    .collect()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_c_of_the_pages_compiles() {
    let folder = tempfile::tempdir().unwrap();
    for page in ["README.md", "docs/user/ioctl.md"] {
        let pieces = pieces(page);
        assert!(!pieces.is_empty(), "{page} has no C");
        for piece in pieces {
            let file = folder.path().join("piece.c");
            fs::write(&file, piece).unwrap();
            compiles(file.to_str().unwrap(), &C, &[]);
        }
    }
}
