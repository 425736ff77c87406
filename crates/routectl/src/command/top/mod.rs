//! `routectl top`: a live screen of routes, their owners and guards, and the last events.
//!
//! A thread of its own reads the device ([`feed`]), so that keys work while a call waits. Its updates
//! and the keys change the [state](state::TopState), from which [`view`] draws each frame.

mod column;
mod feed;
mod key;
mod row;
mod screen;
mod state;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use ipforward::Access;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};

use crate::cli::{Cli, TopArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::NoOutput;
use feed::FeedResult;
use key::Reaction;
use screen::Screen;
use state::TopState;

/// The longest time from an update to its frame.
const TICK: Duration = Duration::from_millis(100);

/// Shows the screen until a key ends it.
pub(super) fn run(cli: &Cli, arguments: &TopArguments) -> Result<NoOutput, CommandError> {
    if cli.json {
        return Err(CommandError::ScreenAsJson);
    }
    if !std::io::stdout().is_terminal() {
        return Err(CommandError::NoTerminal);
    }
    let device = super::open(cli, Access::ReadOnly)?;
    // A device that cannot be read is an error without a screen.
    let (first, updates) = feed::start(device)?;
    let mut state = TopState::new(arguments.family);
    for update in first {
        state.update(update);
    }
    let mut screen = Screen::open().map_err(CommandError::Output)?;
    follow(screen.terminal(), &mut state, &updates)?;
    Ok(NoOutput(Exit::Success))
}

fn follow(
    terminal: &mut DefaultTerminal,
    state: &mut TopState,
    updates: &Receiver<FeedResult>,
) -> Result<(), CommandError> {
    while !screen::is_terminated() {
        let size = terminal.size().map_err(CommandError::Output)?;
        state.page = view::page(size.into());
        terminal
            .draw(|frame| view::draw(frame, state))
            .map_err(CommandError::Output)?;
        if event::poll(TICK).map_err(CommandError::Output)?
            && let Event::Key(key) = event::read().map_err(CommandError::Output)?
            && key::react(state, key) == Reaction::Quit
        {
            break;
        }
        while let Ok(update) = updates.try_recv() {
            state.update(update?);
        }
    }
    Ok(())
}
