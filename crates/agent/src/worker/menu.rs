//! The executor of the commands of the tray's menu.

use super::queue::AgentQueue;
use crate::app_context::AppContext;
use crate::keyholder;
use crate::page_launcher::open_page_and_wait;
use indicator::{MenuHandler, Notification, NotificationSender, PageAvailability};
use platform::process::browser_command;
use protocol::{Request, Response, UserCommand};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

/// So many commands of the menu may be under way that take their time (a screenshot, a page that is open); a further one
/// is refused with a notification.
const MAX_TASKS: usize = 4;

/// Executes the commands of the tray's menu.
pub(super) struct TrayMenu {
    queue: AgentQueue,
    context: AppContext,
    tasks: Arc<AtomicUsize>,
}

impl TrayMenu {
    pub(super) fn new(queue: AgentQueue, context: AppContext) -> Self {
        Self {
            queue,
            context,
            tasks: Arc::default(),
        }
    }
}

impl MenuHandler for TrayMenu {
    fn handle_command(&self, command: UserCommand, tell: &NotificationSender) {
        match command {
            UserCommand::TakeScreenshot => {
                let queue = self.queue.clone();
                self.run_in_background(tell, move || match queue.ask(Request::TakeScreenshot) {
                    Response::Refused(why) => Some(why),
                    _ => None,
                });
            }
            UserCommand::OpenPage => {
                let context = self.context.clone();
                self.run_in_background(tell, move || open_page_and_wait(&context));
            }
            command => {
                if let Some(request) = Request::for_command(&command) {
                    self.queue.post(request);
                }
            }
        }
    }

    fn page_availability(&self) -> PageAvailability {
        if browser_command("").is_none() {
            return PageAvailability::Needs("run `uam dashboard` in a terminal".to_owned());
        }
        match keyholder::is_unlocked(&self.context.paths) {
            true => PageAvailability::Ready,
            // A code is typed where the program that asks for it can be seen.
            false => PageAvailability::Needs("first run `uam unlock` in a terminal".to_owned()),
        }
    }
}

impl TrayMenu {
    /// Does something that takes its time on a thread of its own; the text it gives back becomes a notification.
    fn run_in_background(
        &self,
        tell: &NotificationSender,
        work: impl FnOnce() -> Option<String> + Send + 'static,
    ) {
        if self.tasks.fetch_add(1, Ordering::SeqCst) >= MAX_TASKS {
            self.tasks.fetch_sub(1, Ordering::SeqCst);
            tell.send(Notification::new("That is already in progress."));
            return;
        }
        let under_way = BackgroundTask(Arc::clone(&self.tasks));
        let told = tell.clone();
        let started = Builder::new().name("uam-errand".into()).spawn(move || {
            let _under_way = under_way;
            if let Some(text) = work() {
                told.send(Notification::new(&text));
            }
        });
        if let Err(e) = started {
            tell.send(Notification::new(&format!("That cannot be done now: {e}")));
        }
    }
}

/// One that is under way; it is over when this goes.
struct BackgroundTask(Arc<AtomicUsize>);

impl Drop for BackgroundTask {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
