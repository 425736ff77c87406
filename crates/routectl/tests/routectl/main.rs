//! The program with a host in this process: its output, its JSON, its exit codes.
#![cfg(unix)]

mod fake_host;
#[path = "../field_cases/mod.rs"]
#[expect(dead_code, reason = "the tests of the importer alone use the rest")]
mod field_cases;
mod program;

mod apply;
mod best_route;
mod captures;
mod explain;
mod export;
mod failures;
mod field;
mod finding;
mod hold;
mod import;
mod interface_settings;
mod interfaces;
mod json;
mod pages;
mod routes;
mod show;
mod terminal;
mod usage;
mod warnings;
mod watch;
