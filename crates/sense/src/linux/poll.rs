//! Reading the batteries now and then, where no service tells of changes.

use super::supplies::PowerSupplies;
use crate::keep::{SensorContext, SensorExit, SensorTask};
use model::{Clock, SensorEvent, SensorKind};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct PowerPoll {
    pub(super) supplies: PowerSupplies,
    pub(super) every: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl SensorTask for PowerPoll {
    fn name(&self) -> &'static str {
        "sense-power"
    }

    fn sensor_kinds(&self) -> Vec<SensorKind> {
        vec![SensorKind::Power]
    }

    fn run(&mut self, post: &SensorContext) -> SensorExit {
        if post.works(self.clock.now()).is_err() {
            return SensorExit::Stopped;
        }
        let mut told = None;
        loop {
            // A battery that was taken out leaves the last word standing.
            if let Some(power) = self.supplies.read()
                && told != Some(power)
            {
                told = Some(power);
                if post
                    .out
                    .send(self.clock.now(), SensorEvent::Power { power })
                    .is_err()
                {
                    return SensorExit::Stopped;
                }
            }
            if post.stop.wait(self.every) {
                return SensorExit::Stopped;
            }
        }
    }
}
