//! Each step of `docs/dev/verify-your-driver.md`, as the page shows it.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tests::{program, test_driver_image};

use crate::testkit::verify_your_driver;

const PAGE: &str = include_str!("../../../docs/dev/verify-your-driver.md");
/// The program whose functions the page shows.
const EXAMPLE: &str = include_str!("../../../host/nthost-testkit/examples/verify_your_driver.rs");
/// The socket of the page.
const SOCKET: &str = "/tmp/pipe.sock";
const REPORT: &str = "unloaded: nothing is left, 0 warnings";

/// A command of the page, and the output that the page shows.
struct Step {
    words: Vec<String>,
    output: String,
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("it is in the repository")
        .to_owned()
}

/// The contents of the page's blocks of a language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let start = format!("```{language}\n");
    let parts: Vec<_> = PAGE.split("```").collect();
    let inner = parts.into_iter().skip(1).step_by(2);
    inner.filter_map(move |block| block.strip_prefix(&start[3..]))
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in blocks("console").flat_map(str::lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                words: command.split_whitespace().map(str::to_owned).collect(),
                output: String::new(),
            });
        } else {
            let step = steps.last_mut().expect("a command comes first");
            step.output += line;
            step.output.push('\n');
        }
    }
    steps
}

/// The steps whose commands begin with these words.
fn steps_of(words: &str) -> Vec<Step> {
    let mut steps = steps();
    steps.retain(|step| step.words.join(" ").starts_with(words));
    assert!(!steps.is_empty(), "the page has no step `{words}`");
    steps
}

/// The command of a step, in the repository, with a socket of this test's own.
fn command(step: &Step, socket: &Path) -> Command {
    let arguments = step.words[1..].iter().map(|word| match word.as_str() {
        SOCKET => socket.as_os_str().to_owned(),
        word => word.into(),
    });
    let mut command = match step.words[0].as_str() {
        "cargo" => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        name => Command::new(program(name)),
    };
    command.args(arguments).current_dir(repository());
    command
}

/// Runs a step, and compares its output with that of the page.
fn run(step: &Step, socket: &Path) {
    let output = command(step, socket).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {errors}", step.words);
    assert_eq!(text, step.output, "{:?}", step.words);
}

/// Starts the host of the page, and waits for its first line.
fn start(step: &Step, socket: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut command = command(step, socket);
    let mut host = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut output = BufReader::new(host.stdout.take().expect("it is piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("the host prints a line");
    let expected = step.output.replace(SOCKET, &socket.display().to_string());
    assert_eq!(line, expected);
    (host, output)
}

#[test]
fn the_page_leads_from_c_to_a_first_report() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("pipe.sock");
    for step in steps_of("cargo xtask build") {
        run(&step, &socket);
    }
    let hosts = steps_of("nthost run");
    let [host] = hosts.as_slice() else {
        panic!("the page starts one host");
    };
    let (mut host, mut output) = start(host, &socket);
    for step in steps_of("nthost send") {
        run(&step, &socket);
    }
    // What the page says of the host's end.
    assert!(blocks("text").any(|block| block.trim() == REPORT));
    let id = nix::unistd::Pid::from_raw(host.id().cast_signed());
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).unwrap();
    let mut last = String::new();
    output.read_to_string(&mut last).unwrap();
    assert!(host.wait().unwrap().success(), "{last}");
    assert_eq!(last.lines().last(), Some(REPORT), "{last}");
}

#[test]
fn the_page_adds_the_testkit_to_a_crate() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("Cargo.toml");
    let text = "[package]\nname = \"mine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(&manifest, text).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    for step in steps_of("cargo add") {
        // The crate of this repository, not one of the registry.
        let testkit = repository().join("host/nthost-testkit");
        let mut command = command(&step, folder.path());
        command.current_dir(folder.path()).arg("--offline");
        command.arg("--path").arg(testkit);
        let output = command.output().expect("it starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
    }
    let text = std::fs::read_to_string(manifest).unwrap();
    let (_, added) = text.split_once("[dev-dependencies]").expect("it is added");
    assert!(added.contains("nthost-testkit"), "{added}");
}

#[test]
fn the_test_of_the_page_verifies_a_c_driver() {
    let shown = blocks("rust").next().expect("the page shows a test");
    let (_, functions) = EXAMPLE.split_once("use nthost_testkit").unwrap();
    let functions = format!("use nthost_testkit{functions}");
    assert!(
        functions.starts_with(shown),
        "the page differs from {functions}"
    );
    let image = test_driver_image("pipe_kmdf");
    verify_your_driver::verify(image.to_str().expect("a path in UTF-8"), r"\\.\PipeKmdf");
}
