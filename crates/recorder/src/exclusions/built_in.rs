//! The rules every installation begins with, as tables of words.
//!
//! A help against mishaps, not a promise. A page whose title says nothing is not recognised, and some browsers on some
//! systems write the word for a private window only in the title of its first, empty tab.

use super::rule::{ExclusionGroup, ExclusionRule};

/// The part of a window a table's words are looked for in.
#[derive(Clone, Copy)]
enum WindowField {
    App,
    Exe,
    Title,
}

type WordTable = (ExclusionGroup, WindowField, &'static [&'static str]);

/// Each string holds several words; rules are tried in this order.
const TABLES: [WordTable; 9] = [
    (
        ExclusionGroup::PasswordManagers,
        WindowField::App,
        PASSWORD_MANAGERS,
    ),
    (
        ExclusionGroup::PasswordManagers,
        WindowField::Title,
        VAULT_PAGES,
    ),
    (ExclusionGroup::LockScreens, WindowField::App, LOCK_SCREENS),
    (
        ExclusionGroup::LockScreens,
        WindowField::Exe,
        LOCK_SCREENS_BY_FILE,
    ),
    (
        ExclusionGroup::PrivateBrowsing,
        WindowField::App,
        PRIVATE_BROWSERS,
    ),
    (
        ExclusionGroup::PrivateBrowsing,
        WindowField::Title,
        PRIVATE_BROWSING,
    ),
    (ExclusionGroup::Money, WindowField::Title, MONEY),
    (ExclusionGroup::Health, WindowField::Title, HEALTH),
    (ExclusionGroup::Secrets, WindowField::Title, SECRETS),
];

/// Every built-in rule with its group, group after group.
pub fn built_in_rules() -> impl Iterator<Item = (ExclusionGroup, ExclusionRule)> {
    TABLES.into_iter().flat_map(|(group, part, lines)| {
        lines
            .iter()
            .flat_map(|line| line.split('|'))
            .map(move |word| {
                let word = Some(word.trim().to_owned());
                let mut rule = ExclusionRule::default();
                match part {
                    WindowField::App => rule.app = word,
                    WindowField::Exe => rule.exe = word,
                    WindowField::Title => rule.title = word,
                }
                (group, rule)
            })
    })
}

const PASSWORD_MANAGERS: &[&str] = &[
    "keepass* | keeweb | bitwarden* | 1password* | lastpass* | dashlane* | enpass* | proton pass* | nordpass* | roboform*",
    "keeper password manager* | sticky password* | zoho vault | avira password manager | kaspersky password manager",
    "norton password manager | mcafee true key | f-secure id protection | steganos password manager* | safeincloud*",
    "buttercup | passbolt* | padloc | strongbox | authpass | qtpass | gopass* | password safe* | pwsafe* | passwordsafe",
    "password gorilla | revelation | fpm2 | secrets | seahorse | kwalletmanager* | kwalletd* | gnome-keyring*",
    "passwarden | logmeonce* | msecure* | heylogin | psono | passky | uniqkey*",
    // Authenticators.
    "authenticator* | authy* | ente auth | ente_auth | winauth | yubioath* | otpclient | 2fast | keysmith | numberstation",
    // Wallets show the words that open them.
    "ledger live | trezor suite | electrum | metamask | exodus wallet",
];

/// The same vaults as web pages.
const VAULT_PAGES: &[&str] = &[
    "keepass* | bitwarden* | 1password* | lastpass* | dashlane* | nordpass* | proton pass | keeper vault | metamask*",
];

const LOCK_SCREENS: &[&str] = &[
    "i3lock* | xscreensaver* | light-locker* | gnome-screensaver* | cinnamon-screensaver* | mate-screensaver*",
    "xfce4-screensaver* | kscreenlocker* | swaylock* | gtklock | hyprlock | slock | xlock | xtrlock | xsecurelock*",
    "physlock | dde-lock | plasma-greeter | lightdm* | lockapp* | logonui | windows logon user interface host",
    // Prompts for a password.
    "pinentry* | polkit* | gcr-prompter | ssh-askpass* | ksshaskpass | x11-ssh-askpass | lxqt-openssh-askpass | lxqt-sudo",
    "pkexec | gksu* | kdesu* | credential manager ui host | consent ui for administrative applications",
];

const LOCK_SCREENS_BY_FILE: &[&str] =
    &["lockapp.exe | logonui.exe | credentialuibroker.exe | consent.exe"];

/// Browsers without a window that is not private.
const PRIVATE_BROWSERS: &[&str] =
    &["tor browser | torbrowser* | mullvad browser | mullvadbrowser*"];

/// Private windows as browsers write them in their titles. Brand names (Incognito, InPrivate) stand in English in many
/// languages. A word that is an everyday one in its language is looked for in brackets only, as browsers write it.
const PRIVATE_BROWSING: &[&str] = &[
    // English.
    "private browsing | private window | private tab | private mode | (private) | [private] | incognito | inprivate",
    "tor browser | mullvad browser",
    // German.
    "privater modus | privates fenster | privater tab | privates surfen | inkognito*",
    // French.
    "navigation privée | fenêtre privée | fenêtre de navigation privée | onglet privé | mode privé",
    // Spanish, Galician, Catalan.
    "navegación privada | ventana privada | pestaña privada | modo privado | modo incógnito | de incógnito | (incógnito)",
    "navegació privada | finestra privada | incògnit",
    // Portuguese.
    "navegação privada | navegação privativa | janela privada | janela privativa | separador privado | aba privativa",
    "navegação anônima | navegação anónima | modo anônimo | modo anónimo | janela anônima | guia anônima | aba anônima",
    // Italian.
    "navigazione anonima | finestra anonima | scheda anonima | navigazione privata | finestra privata",
    // Dutch.
    "privénavigatie | privénavigeren | privévenster | privémodus | privétabblad",
    // Swedish, Danish, Norwegian, Icelandic.
    "privat surfning | privat fönster | privat läge | privat browsing | privat vindue | privat tilstand",
    "privat nettlesing | privat surfing | privat vindu | einkavafur | einkagluggi",
    // Finnish, Estonian, Latvian, Lithuanian.
    "yksityinen selaus | yksityinen ikkuna | yksityisikkuna | yksityinen tila | privaatne lehitsemine",
    "privaatne veebilehitsemine | privaatne aken | privaataken | privātā pārlūkošana | privātais logs",
    "privatusis naršymas | privatus naršymas | privatus langas",
    // Polish, Czech, Slovak.
    "prywatne przeglądanie | przeglądanie prywatne | tryb prywatny | okno prywatne | prywatne okno",
    "anonymní prohlížení | anonymní režim | anonymní okno | anonymní karta | soukromé prohlížení | soukromé okno",
    "súkromné prehliadanie | súkromné okno | anonymné okno",
    // Hungarian, Romanian.
    "privát böngészés | privát ablak | inkognitó* | navigare privată | fereastră privată",
    // Croatian, Bosnian, Slovenian, Serbian.
    "privatno pregledavanje | privatni prozor | anonimni način | (anonimno) | zasebno brskanje | zasebno okno",
    "privatno pregledanje | приватно прегледање | приватни прозор | без архивирања",
    // Bulgarian, Macedonian.
    "поверително сърфиране | поверително разглеждане | поверителен прозорец | приватно прелистување",
    // Russian, Ukrainian, Belarusian, Kazakh.
    "приватный просмотр | приватное окно | приватная вкладка | приватный режим | частное окно | инкогнито",
    "приватний перегляд | приватне вікно | анонімний перегляд | анонімного перегляду | інкогніто",
    "прыватнае агляданне | прыватнае акно | жекелік шолу",
    // Greek.
    "ιδιωτική περιήγηση | ιδιωτικό παράθυρο | ανώνυμη περιήγηση",
    // Turkish.
    "gizli pencere | gizli gezinti | gizli mod | gizli sekme | özel pencere",
    // Hebrew.
    "גלישה פרטית | גלישה בסתר | חלון פרטי",
    // Arabic, Persian, Urdu.
    "التصفح الخاص | تصفح خاص | نافذة خاصة | نافذة خصوصية | التصفح المتخفي",
    "مرور خصوصی | پنجرهٔ خصوصی | پنجره خصوصی | حالت ناشناس | (ناشناس) | (پوشیدگی)",
    // Hindi, Marathi, Bengali, Gujarati, Tamil, Telugu, Kannada, Punjabi.
    "निजी ब्राउज़िंग | निजी विंडो | गुप्त मोड | (गुप्त) | खाजगी ब्राउझिंग | ব্যক্তিগত ব্রাউজিং | ছদ্মবেশী মোড | (ছদ্মবেশী)",
    "છૂપો મોડ | (છૂપી) | (மறைநிலை) | மறைநிலைச் சாளரம் | (అజ్ఞాతంగా) | (ಅದೃಶ್ಯ) | ਪ੍ਰਾਈਵੇਟ ਬਰਾਊਜ਼ਿੰਗ",
    // Thai, Vietnamese, Indonesian, Malay, Swahili.
    "ไม่ระบุตัวตน | ท่องเว็บแบบส่วนตัว | เรียกดูแบบส่วนตัว | หน้าต่างส่วนตัว",
    "(ẩn danh) | chế độ ẩn danh | cửa sổ ẩn danh | thẻ ẩn danh | duyệt web riêng tư | duyệt riêng tư | cửa sổ riêng tư",
    "penjelajahan pribadi | jendela pribadi | mode pribadi | (samaran) | mode samaran | tab samaran | penyemakan peribadi",
    "tetingkap peribadi | hali fiche",
    // Japanese.
    "プライベートブラウズ | プライベートブラウジング | プライベート ブラウジング | プライベートウィンドウ | プライベート ウィンドウ",
    "プライベートタブ | プライベート タブ | シークレット",
    // Chinese, simplified and traditional.
    "隐私浏览 | 隐私窗口 | 无痕 | 隐身模式 | 隐身窗口 | 隐身标签页 | 隱私瀏覽 | 隱私視窗 | 無痕 | 私密瀏覽 | 私密視窗",
    // Korean.
    "사생활 보호 | 시크릿 | 비공개 창 | 비공개 브라우징",
];

const MONEY: &[&str] = &[
    // English, and words with the same spelling elsewhere.
    "bank | banking | ebanking | mortgage* | credit card* | debit card* | credit score | credit report",
    "brokerage | tax return* | payslip* | pay stub* | iban | paypal | revolut* | n26 | alipay | coinbase | binance",
    "hsbc | barclays | citibank | wells fargo | capital one | american express | santander | bbva | caixabank | unicredit",
    // German.
    "onlinebanking | sparkasse* | volksbank* | raiffeisen* | commerzbank | postbank | comdirect | consorsbank",
    "postfinance | bankkonto | girokonto | kontostand | kontoauszug* | kontoauszüge* | kreditkarte* | überweisung*",
    "steuererklärung* | steuerbescheid* | gehaltsabrechnung* | lohnabrechnung*",
    // French.
    "banque | banques | bancaire* | relevé de compte | carte de crédit | virement* | caisse d'épargne | crédit agricole",
    "crédit mutuel | société générale | bnp paribas | boursobank | déclaration de revenus | avis d'imposition",
    "fiche de paie | bulletin de paie",
    // Spanish, Catalan.
    "banco | banca | bancario | bancaria | bancarios | bancarias | tarjeta de crédito | declaración de la renta | nómina",
    "targeta de crèdit | bancària",
    // Portuguese.
    "bancário | bancária | nubank | bradesco | itaú | cartão de crédito | imposto de renda | contracheque | holerite",
    // Italian.
    "conto corrente | carta di credito | bonifico | intesa sanpaolo | dichiarazione dei redditi | busta paga",
    // Dutch.
    "bankieren | bankrekening* | rabobank | abn amro | creditcard* | belastingaangifte | loonstrook*",
    // Swedish, Danish, Norwegian.
    "internetbank* | netbank* | nettbank* | swedbank | handelsbanken | nordea | kreditkort* | inkomstdeklaration",
    // Finnish, Estonian, Latvian, Lithuanian.
    "verkkopankki* | pankki* | luottokortti* | veroilmoitus* | internetipank* | bankas",
    // Polish, Czech, Slovak.
    "bankowość | bankowe | mbank | ipko | przelew* | karta kredytowa | wyciąg z konta | banka | bankovnictví | bankovníctvo",
    "bankovní | výpis z účtu | kreditní karta | kreditná karta",
    // Hungarian, Romanian, Croatian, Slovenian, Serbian.
    "bankszámla* | bankkártya | hitelkártya | bancă | bancar | bancare | card de credit | bankarstvo | bančništvo",
    "банкарство | кредитна картица",
    // Russian, Ukrainian, Bulgarian.
    "банк | банкинг | банковск* | сбербанк* | интернет-банк* | онлайн-банк* | кредитная карта | кредитной карты",
    "выписка по счету | выписка по счёту | банківськ* | приватбанк* | кредитна картка | банкиране | кредитна карта",
    // Greek, Turkish.
    "τράπεζα | τραπεζικ* | πιστωτική κάρτα | bankası | bankacılı* | bankanız | kredi kartı | hesap özeti | hesap ekstresi",
    // Hebrew, Arabic, Persian.
    "בנק | הבנק | בנקאות | כרטיס אשראי | بنك | البنك | مصرف | المصرف | المصرفية | بطاقة ائتمان | بطاقة الائتمان",
    "بانک* | کارت اعتباری",
    // Hindi, Bengali, Indonesian, Malay, Vietnamese, Thai.
    "बैंक | बैंकिंग | क्रेडिट कार्ड | ব্যাংক | perbankan | kartu kredit | kad kredit | ngân hàng | thẻ tín dụng",
    "ธนาคาร | บัตรเครดิต",
    // Japanese, Chinese, Korean.
    "銀行 | ネットバンキング | クレジットカード | 確定申告 | 給与明細 | 工资单 | 银行 | 网银 | 網銀 | 信用卡 | 支付宝 | 支付寶",
    "은행 | 뱅킹 | 신용카드 | 연말정산",
];

const HEALTH: &[&str] = &[
    // English, and words with the same spelling elsewhere.
    "health record* | health insurance | medical record* | medical history | patient portal | mychart | doctolib",
    "doctor's appointment* | prescription* | medication* | pregnan* | abortion* | hiv | cancer | depression | oncolog*",
    "gynecolog* | gynaecolog* | urolog* | psychiatr* | psychotherap* | therapist*",
    // German.
    "krankenkasse* | krankenversicherung* | patientenakte* | arzttermin* | arztbrief* | befund* | krankschreibung*",
    "krankmeldung* | e-rezept | frauenarzt* | schwanger* | gynäkolog*",
    // French.
    "dossier médical | assurance maladie | ameli | mon espace santé | rendez-vous médical | ordonnance médicale",
    "grossesse | psychothérap* | gynécolog*",
    // Spanish, Portuguese.
    "historia clínica | historial médico | cita médica | receta médica | seguro médico | embarazo | psiquiatr* | ginecolog*",
    "prontuário | consulta médica | receita médica | plano de saúde | conecte sus | psicoterap*",
    // Italian.
    "fascicolo sanitario* | cartella clinica | ricetta medica | visita medica | psichiatr*",
    // Dutch, Swedish, Danish, Norwegian, Finnish.
    "patiëntendossier | zorgverzeker* | huisarts* | zwanger* | 1177 vårdguiden | patientjournal* | gravid*",
    "sundhed.dk | helsenorge | omakanta | potilastie* | raskaus*",
    // Polish, Czech, Slovak, Hungarian, Romanian.
    "konto pacjenta | dokumentacja medyczna | e-recepta | ciąża | zdravotní pojišťovna | zdravotná poisťovňa",
    "zdravotní dokumentace | těhotenství | eeszt | terhesség* | fișa medicală",
    // Russian, Ukrainian.
    "медицинская карта | медкарта | запись к врачу | поликлиник* | беременност* | психиатр* | психотерап*",
    "медична картка | запис до лікаря | вагітн*",
    // Greek, Turkish.
    "ιατρικός φάκελος | ιατρικό ιστορικό | εγκυμοσύνη | e-nabız | hastane randevu* | hamilelik | gebelik | psikiyatri*",
    // Hebrew, Arabic, Persian.
    "קופת חולים | תיק רפואי | הריון | السجل الطبي | موعد طبي | وصفة طبية | پرونده پزشکی | بارداری",
    // Hindi, Indonesian, Vietnamese, Thai.
    "मेडिकल रिकॉर्ड | गर्भावस्था | rekam medis | bpjs kesehatan | kehamilan | hồ sơ bệnh án | hồ sơ sức khỏe",
    "เวชระเบียน | ประวัติการรักษา",
    // Japanese, Chinese, Korean.
    "診療 | 電子カルテ | お薬手帳 | 処方箋 | 妊娠 | 心療内科 | 精神科 | 病历 | 病歷 | 挂号 | 掛號 | 体检报告 | 處方 | 处方",
    "怀孕 | 懷孕 | 心理咨询 | 진료 | 처방전 | 건강검진 | 임신 | 정신과",
];

const SECRETS: &[&str] = &[
    // English.
    "password* | passphrase* | recovery code* | recovery phrase | recovery key* | seed phrase",
    // German, Dutch, Scandinavian, Finnish.
    "passwort* | passwörter* | kennwort* | wachtwoord* | lösenord* | adgangskode* | passord* | salasana*",
    // French, Spanish, Portuguese.
    "mot de passe | mots de passe | contraseña* | contrasenya* | palavra-passe | senha | senhas",
    // Polish, Czech, Slovak, Hungarian, Romanian, Croatian, Slovenian.
    "hasło | hasła | haseł | heslo | hesla | jelszó* | jelszav* | parolă | lozink* | geslo | gesla",
    // Russian, Ukrainian, Bulgarian, Serbian.
    "пароля | пароли | паролей | пароль* | паролі | парола* | лозинк*",
    // Greek, Turkish, Hebrew, Arabic, Persian.
    "κωδικός πρόσβασης | κωδικοί πρόσβασης | şifre* | parolanız* | סיסמה | סיסמת | סיסמאות | הסיסמה",
    "كلمة المرور | كلمات المرور | كلمة السر | رمز عبور | گذرواژه*",
    // Hindi, Indonesian, Malay, Vietnamese, Thai.
    "पासवर्ड | kata sandi | kata laluan | mật khẩu | รหัสผ่าน",
    // Japanese, Chinese, Korean.
    "パスワード | 密码 | 密碼 | 비밀번호",
];
