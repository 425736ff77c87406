//! A route, and a table of them, as answers.

use std::io::{self, Write};
use std::slice;

use ipforward::Route;

use super::json::JsonRoute;
use super::{Answer, table, write_json};

impl Answer for Route {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        table::write(out, slice::from_ref(self))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, &JsonRoute::from(self))
    }
}

impl Answer for Vec<Route> {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        table::write(out, self)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows: Vec<_> = self.iter().map(JsonRoute::from).collect();
        write_json(out, &rows)
    }
}
