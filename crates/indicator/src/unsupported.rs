//! A system whose desktop is not known (yet): nothing is shown, and why is said.

use crate::shared_state::{Board, Standing};
use crate::{Options, Owner};
use model::{Support, Unsupported};
use std::sync::Arc;

pub(crate) fn run(board: &Board, _options: &Options, _owner: &Arc<dyn Owner>) {
    let why = why();
    board.refuse(&why.reason, &why.remedy);
}

pub(crate) fn probe(_options: &Options) -> Standing {
    Standing {
        tray: Support::Unsupported(why()),
        bubbles: Support::Unsupported(why()),
    }
}

fn why() -> Unsupported {
    Unsupported::new(
        format!("nothing is shown on {} yet", std::env::consts::OS),
        "`uam status` says whether it records",
    )
}
