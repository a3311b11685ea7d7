//! Where sensors put events. Bounded: a full queue makes the sensor wait, and nothing is dropped while it runs.

use crate::stop_signal::StopSignal;
use model::{Moment, SensorEvent, TimedEvent};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

/// How often a full queue is tried again.
const RETRY: Duration = Duration::from_millis(5);

/// How long a sensor that was asked to end still tries to hand over its last events.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The receiver is gone, or the sensor was asked to end and nobody took its last events in time.
#[derive(Debug)]
pub(crate) struct ReceiverGone;

/// A sensor's end of the queue.
#[derive(Clone)]
pub(crate) struct EventSender {
    tx: SyncSender<TimedEvent>,
    stop: StopSignal,
}

impl EventSender {
    pub(crate) fn new(tx: SyncSender<TimedEvent>, stop: StopSignal) -> Self {
        Self { tx, stop }
    }

    /// Hands `event` over, waiting while the queue is full.
    pub(crate) fn send(&self, at: Moment, event: SensorEvent) -> Result<(), ReceiverGone> {
        if self.stop.is_discarded() {
            return Err(ReceiverGone);
        }
        let mut item = TimedEvent { at, event };
        let mut give_up: Option<Instant> = None;
        loop {
            match self.tx.try_send(item) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(ReceiverGone),
                Err(TrySendError::Full(back)) => item = back,
            }
            if self.stop.wait(RETRY) {
                let deadline = *give_up.get_or_insert_with(|| Instant::now() + LAST_WORDS);
                if Instant::now() >= deadline {
                    return Err(ReceiverGone);
                }
                std::thread::sleep(RETRY);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::Timestamp;
    use std::sync::mpsc::sync_channel;

    const AT: Moment = Moment {
        utc: Timestamp::UNIX_EPOCH,
        boot: Duration::ZERO,
        awake: Duration::ZERO,
    };

    #[test]
    fn a_full_queue_makes_the_sender_wait_and_loses_nothing() {
        let (tx, rx) = sync_channel(1);
        let outlet = EventSender::new(tx, StopSignal::default());
        let sender = std::thread::spawn(move || {
            for n in 0..100 {
                outlet
                    .send(AT + Duration::from_micros(n), SensorEvent::Present)
                    .unwrap();
            }
        });
        let seen: Vec<_> = rx.iter().map(|item| item.at.boot).collect();
        sender.join().unwrap();
        let sent: Vec<_> = (0..100).map(Duration::from_micros).collect();
        assert_eq!(seen, sent);
    }

    #[test]
    fn a_stopped_sender_gives_up_on_a_full_queue() {
        let (tx, _rx) = sync_channel(1);
        let stop = StopSignal::default();
        let outlet = EventSender::new(tx, stop.clone());
        outlet.send(AT, SensorEvent::Present).unwrap();
        stop.request_stop();
        assert!(outlet.send(AT, SensorEvent::Present).is_err());
    }

    #[test]
    fn who_was_replaced_is_not_heard() {
        let (tx, rx) = sync_channel(1);
        let stop = StopSignal::default();
        let outlet = EventSender::new(tx, stop.clone());
        stop.discard();
        assert!(outlet.send(AT, SensorEvent::Present).is_err());
        assert!(rx.try_recv().is_err());
    }

    #[test]
    fn a_receiver_that_went_away_is_told() {
        let (tx, rx) = sync_channel(1);
        drop(rx);
        assert!(
            EventSender::new(tx, StopSignal::default())
                .send(AT, SensorEvent::Present)
                .is_err()
        );
    }
}
