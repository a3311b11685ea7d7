//! How long nobody did anything: XSync's idle counter, or the screen saver extension where there is none.

use super::connection::{X11Connection, X11Error, ignore_missing_window};
use std::time::{Duration, Instant};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::screensaver::{self, ConnectionExt as _};
use x11rb::protocol::sync::{
    self, AlarmNotifyEvent, ConnectionExt as _, CreateAlarmAux, Int64, TESTTYPE, VALUETYPE,
};
use x11rb::x11_utils::TryParse;

/// How often the screen saver extension is asked whether somebody is back.
const RETURN_POLL: Duration = Duration::from_secs(2);

/// XSync's system counters that matter.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdleCounters {
    /// Milliseconds since the last input.
    idle: Option<u32>,
    /// The server's clock in milliseconds.
    time: Option<u32>,
    first_event: u8,
}

impl IdleCounters {
    /// Looks for the counters; both missing where there is no XSync.
    pub(super) fn find(link: &X11Connection) -> Result<Self, X11Error> {
        let mut counters = Self {
            idle: None,
            time: None,
            first_event: 0,
        };
        let Some(info) = link.conn.extension_information(sync::X11_EXTENSION_NAME)? else {
            return Ok(counters);
        };
        counters.first_event = info.first_event;
        if ignore_missing_window(link.conn.sync_initialize(3, 1)?.reply())?.is_none() {
            return Ok(counters);
        }
        let list = ignore_missing_window(link.conn.sync_list_system_counters()?.reply())?;
        for counter in list.into_iter().flat_map(|list| list.counters) {
            match counter.name.as_slice() {
                b"IDLETIME" => counters.idle = Some(counter.counter),
                b"SERVERTIME" => counters.time = Some(counter.counter),
                _ => {}
            }
        }
        Ok(counters)
    }

    /// The server's clock in milliseconds, if it can be asked.
    pub(super) fn server_ms(&self, link: &X11Connection) -> Result<Option<u64>, X11Error> {
        match self.time {
            Some(counter) => read_counter(link, counter),
            None => Ok(None),
        }
    }
}

fn read_counter(link: &X11Connection, counter: u32) -> Result<Option<u64>, X11Error> {
    let reply = ignore_missing_window(link.conn.sync_query_counter(counter)?.reply())?;
    Ok(reply.map(|reply| to_u64(reply.counter_value)))
}

fn to_u64(value: Int64) -> u64 {
    let joined = (i64::from(value.hi) << 32) | i64::from(value.lo);
    u64::try_from(joined).unwrap_or(0)
}

fn to_int64(ms: u64) -> Int64 {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Int64 {
        hi: i32::try_from(ms >> 32).unwrap_or(i32::MAX),
        lo: u32::try_from(ms & 0xffff_ffff).unwrap_or(u32::MAX),
    }
}

/// Which mechanism this server offers.
pub(super) enum IdleMethod {
    Alarms(IdleCounters),
    ScreenSaver,
}

impl IdleMethod {
    /// Asks the server; `Err` says why there is none.
    pub(super) fn probe(
        link: &X11Connection,
        counters: IdleCounters,
    ) -> Result<Result<Self, String>, X11Error> {
        if counters.idle.is_some() {
            return Ok(Ok(Self::Alarms(counters)));
        }
        let known = link
            .conn
            .extension_information(screensaver::X11_EXTENSION_NAME)?;
        if known.is_some() && query_saver_idle_ms(link)?.is_some() {
            return Ok(Ok(Self::ScreenSaver));
        }
        Ok(Err(
            "the X server has neither an IDLETIME counter nor the screen saver extension".into(),
        ))
    }

    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Alarms(_) => "XSync alarms on IDLETIME",
            Self::ScreenSaver => "the MIT-SCREEN-SAVER extension",
        }
    }
}

fn query_saver_idle_ms(link: &X11Connection) -> Result<Option<u64>, X11Error> {
    let info = ignore_missing_window(link.conn.screensaver_query_info(link.root)?.reply())?;
    Ok(info.map(|info| u64::from(info.ms_since_user_input)))
}

/// A change that the idle sensor reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdleChange {
    Idle { idle: Duration },
    Present,
}

/// The idle sensor of one connection.
pub(super) struct IdleWatch {
    means: IdleMethod,
    limit_ms: u64,
    away_alarm: u32,
    /// Past the limit now?
    away: bool,
    /// When the screen saver extension is asked next.
    next: Option<Instant>,
}

impl IdleWatch {
    /// Sets the alarms.
    pub(super) fn start(
        link: &X11Connection,
        means: IdleMethod,
        limit: Duration,
    ) -> Result<Self, X11Error> {
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut away_alarm = 0;
        let mut next = None;
        match &means {
            IdleMethod::Alarms(counters) => {
                away_alarm = create_alarm(link, counters, limit_ms, TESTTYPE::POSITIVE_TRANSITION)?;
                // The server wants the counter to have been *above* a negative alarm's value; when somebody is back in
                // the very millisecond of the limit, it was only at it. One less, and that return is reported too.
                let back_ms = limit_ms - 1;
                create_alarm(link, counters, back_ms, TESTTYPE::NEGATIVE_TRANSITION)?;
            }
            IdleMethod::ScreenSaver => next = Some(Instant::now()),
        }
        Ok(Self {
            means,
            limit_ms,
            away_alarm,
            away: false,
            next,
        })
    }

    /// Whether the limit has passed already: alarms only report transitions.
    pub(super) fn query(&mut self, link: &X11Connection) -> Result<Option<IdleChange>, X11Error> {
        let idle_ms = match &self.means {
            IdleMethod::Alarms(IdleCounters {
                idle: Some(counter),
                ..
            }) => read_counter(link, *counter)?,
            IdleMethod::Alarms(_) => None,
            IdleMethod::ScreenSaver => query_saver_idle_ms(link)?,
        };
        Ok(idle_ms.and_then(|ms| self.set_away(ms >= self.limit_ms, ms)))
    }

    fn set_away(&mut self, away: bool, idle_ms: u64) -> Option<IdleChange> {
        if away == self.away {
            return None;
        }
        self.away = away;
        Some(if away {
            IdleChange::Idle {
                idle: Duration::from_millis(idle_ms),
            }
        } else {
            IdleChange::Present
        })
    }

    /// A press was seen: that ends idleness before its alarm arrives.
    pub(super) fn end_by_press(&mut self) -> Option<IdleChange> {
        self.set_away(false, 0)
    }

    /// Reads one event; `None` when it is not ours, otherwise the server's time and the change.
    pub(super) fn read_event(&mut self, event: &[u8]) -> Option<(u32, Option<IdleChange>)> {
        let IdleMethod::Alarms(counters) = &self.means else {
            return None;
        };
        if *event.first()? & 0x7f != counters.first_event.checked_add(sync::ALARM_NOTIFY_EVENT)? {
            return None;
        }
        let (notify, _) = AlarmNotifyEvent::try_parse(event).ok()?;
        let away = notify.alarm == self.away_alarm;
        let change = self.set_away(away, to_u64(notify.counter_value));
        Some((notify.timestamp, change))
    }

    /// When [`IdleWatch::poll`] wants to be called next; `None` where alarms do the work.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Asks when it is time to (screen saver extension only).
    pub(super) fn poll(
        &mut self,
        link: &X11Connection,
        now: Instant,
    ) -> Result<Option<IdleChange>, X11Error> {
        if self.next.is_none_or(|next| next > now) {
            return Ok(None);
        }
        let idle_ms = query_saver_idle_ms(link)?.unwrap_or(0);
        let change = self.set_away(idle_ms >= self.limit_ms, idle_ms);
        let pause = if self.away {
            RETURN_POLL
        } else {
            Duration::from_millis(self.limit_ms.saturating_sub(idle_ms).max(1))
        };
        self.next = now.checked_add(pause);
        Ok(change)
    }
}

fn create_alarm(
    link: &X11Connection,
    counters: &IdleCounters,
    ms: u64,
    test: TESTTYPE,
) -> Result<u32, X11Error> {
    let id = link.conn.generate_id()?;
    let aux = CreateAlarmAux::new()
        .counter(counters.idle)
        .value_type(VALUETYPE::ABSOLUTE)
        .value(to_int64(ms))
        .test_type(test)
        .delta(to_int64(0))
        .events(1);
    link.conn.sync_create_alarm(id, &aux)?.check()?;
    Ok(id)
}
