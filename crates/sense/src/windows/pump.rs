//! The thread of the Windows sensors: one message pump for input, windows, idleness, lock, sleep and power, so that
//! their order is exact.
//!
//! It sleeps until a message comes, and checks the foreground window once a second: that check is the truth, events
//! only make it faster. While input flows it is read five times a second; every message carries the system's time, so
//! the pause moves nothing. The system keeps what comes while the queue to the recorder is full.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::idle::{IdleChange, IdleWatch, age_ms, quiet_ms, tick_ms};
use super::input::{self, InputEffect, RawInputReader};
use super::process::ProgramNames;
use super::win_events::{self, WinEvent, WinEventHooks};
use super::{power, session, window};
use crate::event_sender::{EventSender, ReceiverGone};
use crate::input_batch::{InputBatch, InputBatcher};
use crate::options::DesktopOptions;
use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
use crate::window_debounce::{DueChange, WindowChange, WindowDebouncer};
use model::{ActiveWindow, Clock, Counts, Moment, PowerState, SensorEvent, SensorKind};
use platform::windows::{Waker, next_message};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    DefWindowProcW, DispatchMessageW, MSG, WM_INPUT,
};

/// How often the foreground window and the last input are checked without an event.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The pause between two readings while input flows.
const INPUT_PAUSE: Duration = Duration::from_millis(200);

/// Most messages of one reading: a bound for memory, not for counts.
const MOST_MESSAGES: usize = 8192;

/// The sensors before they run.
pub(super) struct PumpTask {
    pub(super) options: DesktopOptions,
    pub(super) clock: Arc<dyn Clock>,
    /// Is there a battery?
    pub(super) battery: bool,
}

impl From<io::Error> for SensorExit {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl SensorTask for PumpTask {
    fn name(&self) -> &'static str {
        "sense-windows"
    }

    fn sensor_kinds(&self) -> Vec<SensorKind> {
        vec![
            SensorKind::Window,
            SensorKind::Input,
            SensorKind::Idle,
            SensorKind::Session,
        ]
    }

    fn replacement(&self) -> Option<Box<dyn SensorTask>> {
        Some(Box::new(Self {
            options: self.options.clone(),
            clock: Arc::clone(&self.clock),
            battery: self.battery,
        }))
    }

    fn run(&mut self, context: &SensorContext) -> SensorExit {
        let ended = Waker::new().map_err(SensorExit::from).and_then(|waker| {
            let wake = waker.clone();
            context.stop.on_stop(move || wake.wake());
            let mut listener = PumpListener::start(self, &context.out)?;
            context.report_working(listener.last)?;
            let ended = listener
                .send_initial_state()
                .and_then(|()| listener.run(&waker, context));
            // However it ended: counted input is sent.
            listener.send_open_batch()?;
            ended
        });
        ended.err().unwrap_or(SensorExit::Stopped)
    }
}

/// Something that happened, in the order of its time.
enum PumpItem {
    Input(Counts),
    Event(WinEvent),
}

struct PumpListener<'a> {
    clock: &'a dyn Clock,
    out: &'a EventSender,
    hooks: WinEventHooks,
    input: RawInputReader,
    batches: InputBatcher,
    names: ProgramNames,
    debouncer: WindowDebouncer,
    idle: IdleWatch,
    locked: bool,
    power: Option<PowerState>,
    power_poll: Option<Duration>,
    next_power: Instant,
    next_check: Instant,
    /// The last moment given out: they never go backwards.
    last: Moment,
}

impl<'a> PumpListener<'a> {
    fn start(pump: &'a PumpTask, out: &'a EventSender) -> Result<Self, SensorExit> {
        let hooks = WinEventHooks::open()?;
        let now = Instant::now();
        let listener = Self {
            clock: &*pump.clock,
            out,
            hooks,
            input: RawInputReader::default(),
            batches: InputBatcher::default(),
            names: ProgramNames::default(),
            debouncer: WindowDebouncer::new(&pump.options),
            idle: IdleWatch::new(pump.options.idle_limit),
            locked: false,
            power: None,
            power_poll: pump.battery.then_some(pump.options.power_poll),
            next_power: now,
            next_check: now + CHECK_EVERY,
            last: pump.clock.now(),
        };
        if let Err(error) = input::register_raw_input(Some(listener.hooks.window.handle())) {
            let event = SensorEvent::Lost {
                concern: SensorKind::Input,
                reason: format!("the system does not hand out input: {error}"),
            };
            out.send(listener.last, event)?;
        }
        Ok(listener)
    }

    /// Sends the state at the beginning.
    fn send_initial_state(&mut self) -> Result<(), SensorExit> {
        let at = self.clock.now();
        let active = self.find_active();
        let first = self.debouncer.set_initial(at, active);
        self.send_window(first)?;
        self.send_power(at)?;
        if session::is_locked() == Some(true) {
            self.send_lock(at, true)?;
        }
        Ok(())
    }

    fn run(&mut self, waker: &Waker, context: &SensorContext) -> Result<(), SensorExit> {
        let mut last: Option<Instant> = None;
        loop {
            // It wakes up once a second at least: nothing has to wake it.
            context.heartbeat.confirm();
            // The stop is checked before the last reading, so input before it is still counted.
            let stopping = context.stop.is_stop_requested();
            let flows = self.read_messages()?;
            if stopping {
                return Ok(());
            }
            self.run_due()?;
            let now = Instant::now();
            match last {
                Some(last) if flows && now - last < INPUT_PAUSE => {
                    waker.wait_for_pause(INPUT_PAUSE)?;
                }
                _ => waker.wait_for_message(Some(self.next_deadline(now)))?,
            }
            if flows {
                last = Some(now);
            }
        }
    }

    /// Reads every message. True when there was input among it, mouse moves included.
    fn read_messages(&mut self) -> Result<bool, SensorExit> {
        let mut items: Vec<(u32, PumpItem)> = Vec::new();
        let mut flows = false;
        for _ in 0..MOST_MESSAGES {
            let Some(message) = next_message() else {
                break;
            };
            if message.message == WM_INPUT && message.hwnd == self.hooks.window.handle() {
                flows = true;
                if let InputEffect::Counted(counts) =
                    self.input.read_message(message.lParam, message.time)
                {
                    items.push((message.time, PumpItem::Input(counts)));
                }
            }
            pass_on(&message);
        }
        win_events::drain_events(|ms, event| items.push((ms, PumpItem::Event(event))));
        let (now, now_ms) = (self.clock.now(), tick_ms());
        // Posted, sent and input messages come through different queues. The sort is stable.
        items.sort_by_key(|(ms, _)| std::cmp::Reverse(age_ms(now_ms, *ms)));
        if flows {
            let first = items.first().map_or(now_ms, |(ms, _)| *ms);
            let at = self.timestamp(now, age_ms(now_ms, first));
            self.send_idle(at, quiet_ms(now_ms))?;
        }
        for (ms, item) in items {
            let at = self.timestamp(now, age_ms(now_ms, ms));
            match item {
                PumpItem::Input(counts) => {
                    let full = self.batches.add(at, counts);
                    self.send_batch(full)?;
                }
                PumpItem::Event(event) => self.handle_event(at, event)?,
            }
        }
        Ok(flows)
    }

    fn handle_event(&mut self, at: Moment, event: WinEvent) -> Result<(), SensorExit> {
        match event {
            WinEvent::Foreground(window) => {
                let active = self.read_facts(window);
                self.observe(at, active)
            }
            WinEvent::Switched => self.check_foreground(at),
            WinEvent::Title => {
                self.debouncer.delay_facts(at);
                Ok(())
            }
            WinEvent::Locked => self.send_lock(at, true),
            WinEvent::Unlocked => self.send_lock(at, false),
            WinEvent::Connected => self.send_lock(at, session::is_locked().unwrap_or(false)),
            WinEvent::Suspending => self.send_sleep(at, true),
            WinEvent::Resumed => self.send_sleep(at, false),
            WinEvent::Power => self.send_power(at),
        }
    }

    /// The moment `age_ms` before `now`; not before the last answer.
    fn timestamp(&mut self, now: Moment, age_ms: u32) -> Moment {
        let at = now - Duration::from_millis(age_ms.into());
        if at.boot > self.last.boot {
            self.last = at;
        }
        self.last
    }

    /// Does everything that is due by our own clock.
    fn run_due(&mut self) -> Result<(), SensorExit> {
        let (at, now) = (self.clock.now(), Instant::now());
        let at = self.timestamp(at, 0);
        if now >= self.next_check {
            self.next_check = now + CHECK_EVERY;
            self.check_foreground(at)?;
            self.send_idle(at, quiet_ms(tick_ms()))?;
        }
        while let Some(due) = self.debouncer.take_due(now) {
            let change = match due {
                DueChange::None(change) => Some(change),
                DueChange::Facts(since) => {
                    let active = self.find_active();
                    // A window that vanished meanwhile is replaced by the next change.
                    active.and_then(|active| self.debouncer.emit_if_changed(since, Some(active)))
                }
            };
            if let Some(change) = change {
                self.send_window(change)?;
            }
        }
        if self.power_poll.is_some() && now >= self.next_power {
            self.send_power(at)?;
        }
        // A second that is over gets no more input, except input that the system still holds: at worst a batch in
        // pieces.
        let over = self.batches.take_due(at);
        Ok(self.send_batch(over)?)
    }

    /// How long nothing is due.
    fn next_deadline(&self, now: Instant) -> Duration {
        let idle = self
            .idle
            .deadline(Duration::from_millis(quiet_ms(tick_ms()).into()));
        let batch = self.batches.deadline(self.clock.now());
        let power = self.power_poll.map(|_| self.next_power);
        let own = [Some(self.next_check), self.debouncer.deadline(), power];
        own.into_iter()
            .flatten()
            .map(|due| due.saturating_duration_since(now))
            .chain(batch)
            // The check sees that somebody is idle; here the exact moment is waited for.
            .chain(idle.filter(|left| !left.is_zero()))
            .min()
            .unwrap_or(CHECK_EVERY)
    }

    fn find_active(&mut self) -> Option<ActiveWindow> {
        self.read_facts(window::foreground_window()?)
    }

    fn read_facts(&mut self, window: HWND) -> Option<ActiveWindow> {
        window::read_facts(window, &mut self.names)
    }

    fn check_foreground(&mut self, at: Moment) -> Result<(), SensorExit> {
        let active = self.find_active();
        self.observe(at, active)
    }

    fn observe(&mut self, at: Moment, active: Option<ActiveWindow>) -> Result<(), SensorExit> {
        for change in self.debouncer.observe(at, active).into_iter().flatten() {
            self.send_window(change)?;
        }
        Ok(())
    }

    /// Sends the open batch.
    fn send_open_batch(&mut self) -> Result<(), ReceiverGone> {
        let batch = self.batches.take_open();
        self.send_batch(batch)
    }

    fn send_batch(&self, batch: Option<InputBatch>) -> Result<(), ReceiverGone> {
        match batch {
            Some(InputBatch { at, counts }) => self.out.send(at, SensorEvent::Input { counts }),
            None => Ok(()),
        }
    }

    fn send_event(&mut self, at: Moment, event: SensorEvent) -> Result<(), SensorExit> {
        self.send_open_batch()?;
        Ok(self.out.send(at, event)?)
    }

    fn send_window(&mut self, change: WindowChange) -> Result<(), SensorExit> {
        // A title that was held back may be older than input that was sent meanwhile.
        let at = self.timestamp(change.at, 0);
        let active = change.active;
        self.send_event(at, SensorEvent::Window { active })
    }

    fn send_idle(&mut self, at: Moment, quiet_ms: u32) -> Result<(), SensorExit> {
        match self.idle.update(Duration::from_millis(quiet_ms.into())) {
            Some(IdleChange::Idle { idle }) => self.send_event(at, SensorEvent::Idle { idle }),
            Some(IdleChange::Present) => self.send_event(at, SensorEvent::Present),
            None => Ok(()),
        }
    }

    fn send_lock(&mut self, at: Moment, locked: bool) -> Result<(), SensorExit> {
        self.input.release_all();
        if std::mem::replace(&mut self.locked, locked) == locked {
            return Ok(());
        }
        self.send_event(at, SensorEvent::Lock { locked })
    }

    fn send_sleep(&mut self, at: Moment, asleep: bool) -> Result<(), SensorExit> {
        self.input.release_all();
        self.send_event(at, SensorEvent::Sleep { asleep })
    }

    fn send_power(&mut self, at: Moment) -> Result<(), SensorExit> {
        if let Some(every) = self.power_poll {
            self.next_power = Instant::now() + every;
        }
        match power::read_state() {
            Some(power) if self.power != Some(power) => {
                self.power = Some(power);
                self.send_event(at, SensorEvent::Power { power })
            }
            _ => Ok(()),
        }
    }
}

impl Drop for PumpListener<'_> {
    fn drop(&mut self) {
        // The delivery ends with the window at the latest; there is nothing to do about a refusal.
        let _ = input::register_raw_input(None);
    }
}

/// Raw input has to be given back to the system after it was looked at; all else goes to its window's procedure.
fn pass_on(message: &MSG) {
    // SAFETY: a message as it came from the queue.
    unsafe {
        if message.message == WM_INPUT {
            DefWindowProcW(
                message.hwnd,
                message.message,
                message.wParam,
                message.lParam,
            );
        } else {
            DispatchMessageW(message);
        }
    }
}
