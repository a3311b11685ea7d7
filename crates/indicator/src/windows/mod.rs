//! The taskbar's notification area: an icon with a popup menu, and its bubbles.
//!
//! A hidden top-level window on a thread of its own hears the icon's clicks, the menu's commands, what is new on the
//! board, and that a taskbar was made anew (message-only windows would not get that broadcast). The icon belongs to the
//! window and is given back when it goes.

mod shell;
#[cfg(test)]
mod tests;
mod tray;

use crate::board::{Board, Standing};
use crate::{Options, Owner};
use model::{Support, Unsupported};
use std::sync::Arc;
use tray::Tray;

/// Shows what is on the board until it has ended.
pub(crate) fn run(board: &Arc<Board>, options: &Options, owner: &Arc<dyn Owner>) {
    if !options.tray {
        if options.bubbles {
            board.bubbles_are(Support::Unsupported(needs_icon()));
        }
        return;
    }
    if let Err(error) = Tray::live(board, options, owner) {
        board.refuse(&format!("no window for the icon: {error}"), "");
    }
}

/// Looks whether there is a taskbar.
pub(crate) fn probe(options: &Options) -> Standing {
    let mut standing = Standing::before(options);
    let there = shell::has_taskbar();
    if options.tray {
        standing.tray = if there { shown() } else { no_taskbar() };
    }
    if options.bubbles {
        standing.bubbles = match (options.tray, there) {
            (false, _) => Support::Unsupported(needs_icon()),
            (true, true) => by_icon(),
            (true, false) => no_taskbar(),
        };
    }
    standing
}

fn shown() -> Support {
    Support::By("the taskbar's notification area".to_owned())
}

fn by_icon() -> Support {
    Support::By("bubbles of the icon".to_owned())
}

fn no_taskbar() -> Support {
    Support::Unsupported(Unsupported::new(
        "there is no taskbar now",
        "the icon comes with it",
    ))
}

fn needs_icon() -> Unsupported {
    Unsupported::new(
        "Windows shows them at the icon",
        "switch it on: uam config set indicator.tray true",
    )
}
