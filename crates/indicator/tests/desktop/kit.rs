//! An indicator on a desktop.

use indicator::{Bubble, Indicator, Options, Owner, Page, Shown, Sign, Tell, Wish};
use lab::desktop::{
    Button, PANEL_HEIGHT, Picture, Session, Typist, VirtualDesktop, choose_from_menu, wait_until,
};
use model::SensorSupport;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Nothing here takes longer than this on any machine that is not broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever chooses in the menu is heard; whether the page opens is as the test says.
pub(crate) struct Ears {
    wishes: Mutex<Sender<Wish>>,
    pub(crate) page: Mutex<Page>,
}

impl Owner for Ears {
    fn wish(&self, wish: Wish, tell: &Tell) {
        if wish == Wish::Shot {
            tell.tell(Bubble::new("No picture: the test has no camera."));
        }
        let _ = self.wishes.lock().unwrap().send(wish);
    }

    fn page(&self) -> Page {
        self.page.lock().unwrap().clone()
    }
}

pub(crate) struct Desk {
    pub(crate) indicator: Option<Indicator>,
    pub(crate) session: Session,
    pub(crate) desktop: VirtualDesktop,
    pub(crate) ears: Arc<Ears>,
    wishes: Receiver<Wish>,
}

impl Desk {
    /// A desktop with a bus; an indicator with icon and bubbles was started, and nobody is there to show it.
    pub(crate) fn new() -> Self {
        let desktop = VirtualDesktop::start(640, 480).unwrap();
        let session = Session::start(&desktop.display()).unwrap();
        let (tx, wishes) = channel();
        let ears = Arc::new(Ears {
            wishes: Mutex::new(tx),
            page: Mutex::new(Page::Opens),
        });
        let mut desk = Self {
            indicator: None,
            session,
            desktop,
            ears,
            wishes,
        };
        desk.start();
        desk
    }

    pub(crate) fn start(&mut self) {
        let owner: Arc<dyn Owner> = Arc::<Ears>::clone(&self.ears);
        self.indicator = Some(Indicator::start(self.options(), owner).unwrap());
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            tray: true,
            bubbles: true,
            bus: Some(self.session.address()),
        }
    }

    pub(crate) fn indicator(&self) -> &Indicator {
        self.indicator.as_ref().unwrap()
    }

    pub(crate) fn show(&self, shown: Shown) {
        self.indicator().show(shown);
    }

    /// Waits until this is said about the icon: by what it is shown, or why it is not.
    pub(crate) fn tray_is(&self, words: &str) {
        until(&format!("tray: {words}"), || {
            said(&self.indicator().standing().tray)
                .contains(words)
                .then_some(())
        });
    }

    /// The same for the bubbles.
    pub(crate) fn bubbles_are(&self, words: &str) {
        until(&format!("bubbles: {words}"), || {
            said(&self.indicator().standing().bubbles)
                .contains(words)
                .then_some(())
        });
    }

    /// Waits until the icon of `sign` is in the panel; its middle. The pointer is out of the way, for panels brighten what
    /// it is over.
    pub(crate) fn sees(&self, sign: Sign) -> (i16, i16) {
        let typist = Typist::new(&self.desktop.display()).unwrap();
        typist.point_at(320, 400).unwrap();
        let rgb = colour(sign);
        until(&format!("the icon of {sign:?}"), || {
            let picture = Picture::of(&self.desktop.display()).unwrap();
            picture.middle_of(rgb, PANEL_HEIGHT, 40)
        })
    }

    /// Keeps a picture of the display for people, in the folder that `INDICATOR_PICTURES` names.
    pub(crate) fn keep_picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("INDICATOR_PICTURES") else {
            return;
        };
        let picture = Picture::of(&self.desktop.display()).unwrap();
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
        let seen = || self.keep_picture(&format!("menu-{steps}"));
        choose_from_menu(&display, icon, button, steps, seen).unwrap();
    }

    pub(crate) fn wish(&self) -> Wish {
        self.wishes
            .recv_timeout(PATIENCE)
            .expect("nothing was chosen")
    }

    pub(crate) fn no_wish(&self) {
        assert!(self.wishes.try_recv().is_err());
    }
}

/// What is said about something that is shown, or not.
pub(crate) fn said(support: &SensorSupport) -> String {
    match support {
        SensorSupport::By(how) => how.clone(),
        SensorSupport::Unsupported(why) => why.reason.clone(),
    }
}

/// `0xRRGGBB` of a sign, as it is drawn.
fn colour(sign: Sign) -> u32 {
    let drawn = indicator::pixels(sign, 24);
    let [r, g, b, _] = drawn[0];
    u32::from_be_bytes([0, r, g, b])
}

pub(crate) fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    wait_until(what, || Ok(done())).unwrap()
}

pub(crate) fn recording() -> Shown {
    Shown::new(Sign::Active, "recording · active").with_camera()
}
