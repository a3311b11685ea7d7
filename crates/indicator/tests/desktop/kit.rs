//! An indicator on a desktop.

use indicator::{
    IconState, Indicator, IndicatorOptions, IndicatorStatus, MenuHandler, Notification,
    NotificationSender, PageAvailability,
};
use lab::desktop::{
    Button, DesktopSession, PANEL_HEIGHT, ScreenImage, Typist, VirtualDesktop, choose_from_menu,
    wait_until,
};
use model::SensorSupport;
use protocol::UserCommand;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A generous limit: nothing here takes this long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Passes the commands of the menu to the test, which decides whether the page would open.
pub(crate) struct TestHandler {
    commands: Mutex<Sender<UserCommand>>,
    pub(crate) page: Mutex<PageAvailability>,
}

impl MenuHandler for TestHandler {
    fn handle_command(&self, command: UserCommand, notifications: &NotificationSender) {
        if command == UserCommand::TakeScreenshot {
            notifications.send(Notification::new("No picture: the test has no camera."));
        }
        let _ = self.commands.lock().unwrap().send(command);
    }

    fn page_availability(&self) -> PageAvailability {
        self.page.lock().unwrap().clone()
    }
}

pub(crate) struct Desk {
    pub(crate) indicator: Option<Indicator>,
    pub(crate) session: DesktopSession,
    pub(crate) desktop: VirtualDesktop,
    pub(crate) handler: Arc<TestHandler>,
    commands: Receiver<UserCommand>,
}

impl Desk {
    /// A desktop with a bus; an indicator with icon and notifications was started, and there is no panel to show it.
    pub(crate) fn new() -> Self {
        let desktop = VirtualDesktop::start(640, 480).unwrap();
        let session = DesktopSession::start(&desktop.display()).unwrap();
        let (tx, commands) = channel();
        let handler = Arc::new(TestHandler {
            commands: Mutex::new(tx),
            page: Mutex::new(PageAvailability::Ready),
        });
        let mut desk = Self {
            indicator: None,
            session,
            desktop,
            handler,
            commands,
        };
        desk.start();
        desk
    }

    pub(crate) fn start(&mut self) {
        let handler: Arc<dyn MenuHandler> = Arc::<TestHandler>::clone(&self.handler);
        self.indicator = Some(Indicator::start(self.options(), handler).unwrap());
    }

    pub(crate) fn options(&self) -> IndicatorOptions {
        IndicatorOptions {
            tray: true,
            notifications: true,
            bus: Some(self.session.address()),
        }
    }

    pub(crate) fn indicator(&self) -> &Indicator {
        self.indicator.as_ref().unwrap()
    }

    pub(crate) fn show(&self, shown: IndicatorStatus) {
        self.indicator().show_status(shown);
    }

    /// Waits until the support of the icon contains these words.
    pub(crate) fn wait_for_tray(&self, words: &str) {
        until(&format!("tray: {words}"), || {
            support_text(&self.indicator().availability().tray)
                .contains(words)
                .then_some(())
        });
    }

    /// The same for notifications.
    pub(crate) fn wait_for_notifications(&self, words: &str) {
        until(&format!("notifications: {words}"), || {
            support_text(&self.indicator().availability().notifications)
                .contains(words)
                .then_some(())
        });
    }

    /// Waits until the icon of `state` is in the panel; its middle. The pointer is out of the way, for panels brighten what
    /// it is over.
    pub(crate) fn find_icon(&self, state: IconState) -> (i16, i16) {
        let typist = Typist::new(&self.desktop.display()).unwrap();
        typist.point_at(320, 400).unwrap();
        let rgb = colour(state);
        until(&format!("the icon of {state:?}"), || {
            let picture = ScreenImage::capture(&self.desktop.display()).unwrap();
            picture.middle_of(rgb, PANEL_HEIGHT, 40)
        })
    }

    /// Saves a screenshot of the display for a person to look at, in the folder that `INDICATOR_PICTURES` names.
    pub(crate) fn save_screenshot(&self, name: &str) {
        let Some(folder) = std::env::var_os("INDICATOR_PICTURES") else {
            return;
        };
        let picture = ScreenImage::capture(&self.desktop.display()).unwrap();
        let bytes = picture.pixels.iter().flat_map(|p| {
            let [_, r, g, b] = p.to_be_bytes();
            [r, g, b]
        });
        let (width, height) = (picture.width.into(), picture.height.into());
        let image = image::RgbImage::from_raw(width, height, bytes.collect()).unwrap();
        let file = std::path::Path::new(&folder).join(format!("{name}.png"));
        image.save(file).unwrap();
    }

    /// Clicks on the icon at this place, and chooses the entry that is so many steps down among those that can be chosen.
    pub(crate) fn choose(&self, icon: (i16, i16), button: Button, steps: u32) {
        let display = self.desktop.display();
        let seen = || self.save_screenshot(&format!("menu-{steps}"));
        choose_from_menu(&display, icon, button, steps, seen).unwrap();
    }

    pub(crate) fn chosen_command(&self) -> UserCommand {
        self.commands
            .recv_timeout(TIMEOUT)
            .expect("nothing was chosen")
    }

    pub(crate) fn assert_no_command(&self) {
        assert!(self.commands.try_recv().is_err());
    }
}

/// The way it is shown, or the reason why not.
pub(crate) fn support_text(support: &SensorSupport) -> String {
    match support {
        SensorSupport::By(how) => how.clone(),
        SensorSupport::Unsupported(why) => why.reason.clone(),
    }
}

/// `0xRRGGBB` of a state, as it is drawn.
fn colour(state: IconState) -> u32 {
    let drawn = indicator::render_icon(state, 24);
    let [r, g, b, _] = drawn[0];
    u32::from_be_bytes([0, r, g, b])
}

pub(crate) fn until<T>(event: &str, mut done: impl FnMut() -> Option<T>) -> T {
    wait_until(event, || Ok(done())).unwrap()
}

pub(crate) fn recording() -> IndicatorStatus {
    IndicatorStatus::new(IconState::Active, "recording · active").with_camera()
}
