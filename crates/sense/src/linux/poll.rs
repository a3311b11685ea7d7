//! Reading the batteries now and then, where no service tells of changes.

use super::supplies::Supplies;
use crate::keep::{End, Post, Source};
use model::{Clock, Concern, Event};
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

    fn concerns(&self) -> Vec<Concern> {
        vec![Concern::Power]
    }

    fn run(&mut self, post: &Post) -> End {
        if post.works(self.clock.now()).is_err() {
            return End::Stopped;
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
                    .send(self.clock.now(), Event::Power { power })
                    .is_err()
                {
                    return End::Stopped;
                }
            }
            if post.stop.wait(self.every) {
                return End::Stopped;
            }
        }
    }
}
