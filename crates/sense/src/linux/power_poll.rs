//! Reading the batteries now and then, where no service reports changes.

use super::power_supplies::PowerSupplies;
use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
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

    fn run(&mut self, context: &SensorContext) -> SensorExit {
        if context.report_working(self.clock.now()).is_err() {
            return SensorExit::Stopped;
        }
        let mut sent = None;
        loop {
            // A battery that was removed leaves the last state standing.
            if let Some(power) = self.supplies.read_state()
                && sent != Some(power)
            {
                sent = Some(power);
                if context
                    .out
                    .send(self.clock.now(), SensorEvent::Power { power })
                    .is_err()
                {
                    return SensorExit::Stopped;
                }
            }
            if context.stop.wait(self.every) {
                return SensorExit::Stopped;
            }
        }
    }
}
