//! Reading the batteries now and then, where no service tells of changes.

use super::supplies::Supplies;
use crate::desktop::Source;
use crate::outlet::Outlet;
use crate::stop::Stop;
use model::{Clock, Event};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Poll {
    pub(super) supplies: Supplies,
    pub(super) every: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl Source for Poll {
    fn name(&self) -> &'static str {
        "sense-power"
    }

    fn run(self: Box<Self>, out: Outlet, stop: Stop) {
        let mut told = None;
        loop {
            // A battery that was taken out leaves the last word standing.
            if let Some(power) = self.supplies.read()
                && told != Some(power)
            {
                told = Some(power);
                if out.send(self.clock.now(), Event::Power { power }).is_err() {
                    return;
                }
            }
            if stop.wait(self.every) {
                return;
            }
        }
    }
}
