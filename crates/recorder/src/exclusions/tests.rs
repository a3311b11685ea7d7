#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

fn window(app: &str, title: &str) -> WindowInfo {
    WindowInfo {
        app: app.into(),
        exe: String::new(),
        title: title.into(),
    }
}

fn group(x: &ExclusionRules, app: &str, title: &str) -> Option<ExclusionGroup> {
    match x.matching_rule(&window(app, title)) {
        Some((ExclusionOrigin::BuiltIn(group), _)) => Some(group),
        Some((ExclusionOrigin::Own(n), _)) => panic!("nobody made rule {n}"),
        None => None,
    }
}

/// Titles as browsers write them for private windows, one language and browser a line.
const PRIVATE: &[&str] = &[
    "Mozilla Firefox (Private Browsing)",
    "News — Mozilla Firefox Private Browsing",
    "New Incognito Tab - Google Chrome",
    "News - Google Chrome (Incognito)",
    "News and 1 more page - [InPrivate] - Microsoft\u{200b} Edge",
    "New Private Tab - Brave",
    "New Private Tab with Tor - Brave",
    "Speed Dial - Opera (Private)",
    "Check your connection - Tor Browser",
    "Incognito Mode - Web",
    "Mozilla Firefox – Privater Modus",
    "Neuer Inkognito-Tab - Google Chrome",
    "Nachrichten - Google Chrome (Inkognito)",
    "Mozilla Firefox (navigation privée)",
    "Actualités — Mozilla Firefox (Navigation\u{a0}privée)",
    "Nouvel onglet de navigation privée - Google Chrome",
    "Nouvel onglet privé - Brave",
    "Noticias - Mozilla Firefox (Navegación privada)",
    "Nueva pestaña de incógnito - Google Chrome",
    "Notícies - Mozilla Firefox (Navegació privada)",
    "Notícias — Mozilla Firefox (Navegação privativa)",
    "Notícias — Mozilla Firefox (Navegação privada)",
    "Nova guia anônima - Google Chrome",
    "Notícias - Google Chrome (Modo anônimo)",
    "Notícias - Google Chrome (Navegação anónima)",
    "Notizie - Mozilla Firefox (Navigazione anonima)",
    "Nuova scheda in incognito - Google Chrome",
    "Nieuws - Mozilla Firefox (Privénavigatie)",
    "Nyheter - Mozilla Firefox (Privat surfning)",
    "Nyheder - Mozilla Firefox (Privat browsing)",
    "Nyheter - Mozilla Firefox (Privat nettlesing)",
    "Uutiset - Mozilla Firefox (Yksityinen selaus)",
    "Wiadomości - Mozilla Firefox (Tryb prywatny)",
    "Zprávy - Mozilla Firefox (Anonymní prohlížení)",
    "Zprávy - Google Chrome (Anonymní režim)",
    "Správy - Mozilla Firefox (Súkromné prehliadanie)",
    "Hírek - Mozilla Firefox (Privát böngészés)",
    "Hírek - Google Chrome (Inkognitó mód)",
    "Știri - Mozilla Firefox (Navigare privată)",
    "Vijesti - Google Chrome (Anonimno)",
    "Novice - Mozilla Firefox (Zasebno brskanje)",
    "Вести - Mozilla Firefox (Приватно прегледање)",
    "Новини - Mozilla Firefox (Поверително сърфиране)",
    "Новости - Mozilla Firefox (Приватный просмотр)",
    "Новая вкладка в режиме инкогнито - Google Chrome",
    "Новини - Mozilla Firefox (Приватний перегляд)",
    "Новини - Google Chrome (Анонімний перегляд)",
    "Νέα - Mozilla Firefox (Ιδιωτική περιήγηση)",
    "ΝΈΑ - MOZILLA FIREFOX (ΙΔΙΩΤΙΚΉ ΠΕΡΙΉΓΗΣΗ)",
    "Haberler — Mozilla Firefox Gizli Gezinti",
    "Haberler - Google Chrome (Gizli mod)",
    "\u{202b}חדשות - Mozilla Firefox (גלישה פרטית)\u{202c}",
    "\u{200f}أخبار - Mozilla Firefox (تصفّح خاص)",
    "أخبار - Google Chrome (التصفُّح المتخفي)",
    "اخبار - Mozilla Firefox (مرور خصوصی)",
    "समाचार - Google Chrome (गुप्त)",
    "ข่าว - Google Chrome (โหมดไม่ระบุตัวตน)",
    "Tin tức - Google Chrome (Ẩn danh)",
    "Berita - Mozilla Firefox (Mode Penjelajahan Pribadi)",
    "Berita - Google Chrome (Samaran)",
    "新しいシークレット タブ - Google Chrome",
    "新しいプライベートブラウジングタブ",
    "ニュース - Mozilla Firefox (プライベート ブラウジング)",
    "私密瀏覽 — Firefox",
    "新闻 — Mozilla Firefox 隐私浏览",
    "打开新的无痕式标签页 - Google Chrome",
    "新的無痕式分頁 - Google Chrome",
    "뉴스 - Mozilla Firefox (사생활 보호 모드)",
    "새 시크릿 탭 - Google Chrome",
];

const MONEY: &[&str] = &[
    "My Bank – Log in",
    "Credit cards | HSBC UK",
    "PayPal: Summary",
    "Mortgages - Compare rates",
    "Startseite - Sparkasse KölnBonn",
    "Online-Banking | Volksbank eG",
    "Kontoauszüge 2026",
    "Meine Steuererklärung",
    "Mes comptes bancaires",
    "Virements – Crédit Agricole",
    "Banco Santander: particulares",
    "Mi nómina de mayo",
    "Internet Banking CAIXA",
    "Imposto de Renda 2026",
    "Il mio conto corrente",
    "Mijn ING - Internetbankieren",
    "Nettbanken - DNB",
    "Verkkopankki",
    "Bankowość internetowa",
    "Internetové bankovnictví",
    "СберБанк Онлайн",
    "Приватбанк",
    "Τράπεζα Πειραιώς",
    "İnternet Bankacılığı",
    "בנק הפועלים",
    "البنك الأهلي",
    "स्टेट बैंक ऑफ इंडिया",
    "Ngân hàng số",
    "ธนาคารกรุงเทพ",
    "三菱UFJ銀行",
    "招商银行信用卡",
    "KB국민은행",
];

const HEALTH: &[&str] = &[
    "MyChart - Test results",
    "Doctolib : prenez rendez-vous",
    "Your prescriptions",
    "Depression: symptoms",
    "HIV - facts",
    "Psychotherapie in Berlin",
    "Meine Krankenkasse",
    "Patientenakte öffnen",
    "Mon espace santé",
    "Mi historia clínica",
    "Plano de saúde",
    "Fascicolo Sanitario Elettronico",
    "Huisarts Utrecht",
    "1177 Vårdguiden",
    "Internetowe Konto Pacjenta",
    "Запись к врачу",
    "e-Nabız",
    "קופת חולים",
    "オンライン診療",
    "在线挂号",
    "진료 예약",
];

const SECRETS: &[&str] = &[
    "Passwords – Settings",
    "Reset your password",
    "Passwort ändern",
    "Mot de passe oublié",
    "Cambiar contraseña",
    "Alterar senha",
    "Zmień hasło",
    "Смена пароля",
    "Şifremi unuttum",
    "パスワードの変更",
    "忘记密码",
    "비밀번호 찾기",
    "Your recovery codes",
];

const APPS: &[(&str, ExclusionGroup)] = &[
    ("KeePassXC", ExclusionGroup::PasswordManagers),
    ("keepass2", ExclusionGroup::PasswordManagers),
    ("Bitwarden", ExclusionGroup::PasswordManagers),
    ("1Password", ExclusionGroup::PasswordManagers),
    ("Proton Pass", ExclusionGroup::PasswordManagers),
    ("org.gnome.World.Secrets", ExclusionGroup::PasswordManagers),
    (
        "org.gnome.seahorse.Application",
        ExclusionGroup::PasswordManagers,
    ),
    (
        "com.belmoussaoui.Authenticator",
        ExclusionGroup::PasswordManagers,
    ),
    ("kwalletmanager5", ExclusionGroup::PasswordManagers),
    ("Ledger Live", ExclusionGroup::PasswordManagers),
    ("i3lock", ExclusionGroup::LockScreens),
    ("LockApp.exe", ExclusionGroup::LockScreens),
    (
        "polkit-gnome-authentication-agent-1",
        ExclusionGroup::LockScreens,
    ),
    ("Credential Manager UI Host", ExclusionGroup::LockScreens),
    ("Tor Browser", ExclusionGroup::PrivateBrowsing),
];

/// Everyday titles that hold parts of such words, or the words in another sense.
const HARMLESS: &[(&str, &str)] = &[
    ("code", "riverbank.rs - Editor"),
    ("xterm", "vim main.rs"),
    ("Thunderbird", "Inbox (3) - ada@example.org"),
    ("firefox", "How to write a private function in Rust"),
    ("firefox", "Anonymous functions - MDN"),
    ("firefox", "Privacy policy"),
    ("firefox", "The Incognitos live"),
    ("firefox", "Vector browser for maps"),
    ("firefox", "Apache Hive documentation"),
    ("firefox", "Health check endpoint: 200 OK"),
    ("firefox", "Test results - CI"),
    ("firefox", "Passport renewal"),
    ("firefox", "Secret Santa list"),
    ("firefox", "Amélie (film) - Wikipedia"),
    ("firefox", "Banksy exhibition"),
    ("firefox", "Nossa Senhora - Wikipédia"),
    ("firefox", "Parola del giorno"),
    ("firefox", "Haselnuss-Rezepte"),
    ("firefox", "Environnement et climat"),
    ("firefox", "банка варенья"),
    ("firefox", "弦楽カルテット"),
    ("firefox", "会議の議事録"),
    ("firefox", "项目计划"),
    ("firefox", "회의록"),
    ("libreoffice", "Protocol v2 (draft).odt"),
    ("Files", "Pictures"),
];

#[test]
fn the_built_in_rules_hold_back_what_they_should_and_nothing_else() {
    let x = ExclusionRules::with_built_in(&[]).unwrap();
    for (titles, expected) in [
        (PRIVATE, ExclusionGroup::PrivateBrowsing),
        (MONEY, ExclusionGroup::Money),
        (HEALTH, ExclusionGroup::Health),
        (SECRETS, ExclusionGroup::Secrets),
    ] {
        for title in titles {
            assert_eq!(group(&x, "browser", title), Some(expected), "{title}");
        }
    }
    for (app, expected) in APPS {
        assert_eq!(group(&x, app, "Untitled"), Some(*expected), "{app}");
    }
    for (app, title) in HARMLESS {
        let which = x.matching_rule(&window(app, title));
        assert!(which.is_none(), "{app}: {title}: {which:?}");
    }
}

#[test]
fn each_built_in_rule_stands_once_and_finds_its_own_word() {
    let x = ExclusionRules::with_built_in(&[]).unwrap();
    let mut seen = BTreeSet::new();
    for (group, rule) in built_in_rules() {
        assert!(seen.insert(rule.to_string()), "{rule} stands twice");
        let own = |pattern: &Option<String>| {
            let word = pattern.as_deref().unwrap_or_default().trim_matches('*');
            assert_eq!(word, word.trim(), "{rule}");
            format!("- {word} -")
        };
        let window = WindowInfo {
            app: own(&rule.app),
            exe: own(&rule.exe),
            title: own(&rule.title),
        };
        assert!(x.protects(&window), "{rule}");
        assert!(ExclusionGroup::ALL.contains(&group));
    }
    let groups: BTreeSet<ExclusionGroup> = built_in_rules().map(|(group, _)| group).collect();
    assert_eq!(groups.len(), ExclusionGroup::ALL.len(), "no group is empty");
}

#[test]
fn all_parts_of_a_rule_must_match() {
    let rule = ExclusionRule {
        app: Some("firefox".into()),
        title: Some("payroll*".into()),
        exe: None,
    };
    assert_eq!(rule.to_string(), "app \"firefox\" and title \"payroll*\"");
    let x = ExclusionRules::new(&[ExclusionRule::default_title("never"), rule.clone()]).unwrap();
    assert_eq!(
        x.matching_rule(&window("Firefox", "Payrolls 2026")),
        Some((ExclusionOrigin::Own(2), &rule))
    );
    assert!(!x.protects(&window("Firefox", "News")));
    assert!(!x.protects(&window("Chrome", "Payrolls 2026")));
}

impl ExclusionRule {
    fn default_title(pattern: &str) -> Self {
        Self {
            title: Some(pattern.to_owned()),
            ..Self::default()
        }
    }
}

#[test]
fn a_users_rule_is_named_before_a_built_in_one() {
    let x = ExclusionRules::with_built_in(&[ExclusionRule::default_title("bank")]).unwrap();
    let (origin, _) = x.matching_rule(&window("", "My bank")).unwrap();
    assert_eq!(origin, ExclusionOrigin::Own(1));
}

#[test]
fn a_rule_that_would_hide_everything_is_refused() {
    assert_eq!(
        ExclusionRules::new(&[ExclusionRule::default()]).unwrap_err(),
        InvalidExclusionRule::Empty(1)
    );
    for blank in [" * ", "\u{200b}*", "–"] {
        assert_eq!(
            ExclusionRules::new(&[
                ExclusionRule::default_title("x"),
                ExclusionRule::default_title(blank)
            ])
            .unwrap_err(),
            InvalidExclusionRule::Blank(2)
        );
    }
}

#[test]
fn case_and_white_space_and_what_is_not_seen_do_not_matter() {
    let x = ExclusionRules::new(&[
        ExclusionRule::default_title("İki\tKelime"),
        ExclusionRule::default_title("λόγος"),
    ])
    .unwrap();
    for title in [
        "iki kelime",
        "IKI\u{a0}KELIME",
        "ıkı\u{200e} kelıme",
        "ΛΌΓΟΣ",
    ] {
        assert!(x.protects(&window("", title)), "{title}");
    }
    assert!(!x.protects(&window("", "ikikelime")));
}

static BUILT_IN: LazyLock<ExclusionRules> =
    LazyLock::new(|| ExclusionRules::with_built_in(&[]).unwrap());

proptest! {
    /// Whatever a title is, it is answered without a panic; and a word stands out between spaces in any case.
    #[test]
    fn any_title_is_answered(title in "\\PC{0,40}", word in "[a-z]{1,8}", upper in any::<bool>()) {
        let _ = BUILT_IN.matching_rule(&window(&title, &title));
        let x = ExclusionRules::new(&[ExclusionRule::default_title(&word)]).unwrap();
        let shown = if upper { word.to_uppercase() } else { word };
        let title = format!("{title} {shown} {title}");
        prop_assert!(x.protects(&window("", &title)));
    }
}
