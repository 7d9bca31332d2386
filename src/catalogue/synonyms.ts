import { toTerm } from "./words.ts";

/**
 * Words that mean nearly the same or belong together where tools are concerned, either way round: general English and
 * the subjects that stores of apps and APIs have. None was added because a query wanted it. `docs/search.md` shows the
 * same table.
 */
export const synonymTable: string = `
get: fetch retrieve read obtain load view show display lookup; list: enumerate show browse index;
search: find query lookup discover locate seek; create: add make new insert build generate compose register;
generate: produce make render; write: compose draft author save;
update: edit modify change set alter adjust patch revise; rename: name title change; replace: substitute swap change;
delete: remove erase drop destroy clear purge trash discard; send: post deliver dispatch submit transmit forward;
share: publish grant invite; publish: release post deploy; download: fetch save export pull; export: save dump;
upload: import attach push put; move: transfer relocate migrate; copy: duplicate clone fork replicate;
run: execute start launch trigger invoke perform; execute: eval evaluate; stop: cancel abort halt kill end terminate;
close: end finish complete resolve; open: start launch visit navigate; start: begin launch resume boot initiate;
enable: activate allow; disable: deactivate block suspend; convert: transform translate change conversion;
calculate: compute count sum evaluate math; compare: diff difference versus;
check: verify validate test inspect examine; analyze: analyse analysis inspect examine evaluate assess audit;
summarize: summary summarise digest overview; describe: explain detail info;
detail: info information description metadata; reply: respond answer; schedule: plan book reserve cron;
book: reserve reservation novel author; approve: accept confirm allow; reject: decline deny refuse;
merge: combine join concatenate; split: divide separate; sort: order rank; join: enter subscribe; leave: exit quit;
connect: link attach bind; disconnect: unlink detach; invite: add; login: signin authenticate auth authorization;
track: monitor watch follow; monitor: watch observe alert; extract: parse scrape crawl; scrape: crawl;
recommend: suggest suggestion advice recommendation; restore: recover undo revert rollback;
navigate: visit browse go goto; click: press tap select; type: enter fill input; capture: screenshot snapshot;
deploy: release ship; install: setup add; buy: purchase order shop; sell: trade sale; pay: payment charge;
draw: paint sketch render design picture illustration; plot: chart graph draw; solve: answer calculate;
predict: forecast prediction estimate; improve: optimize optimise enhance; fix: repair debug solve resolve;
teach: learn tutor lesson; learn: study education tutorial; chat: talk conversation message; speak: speech voice say;
count: number total; add: append insert attach; email: mail message gmail inbox outlook; message: text sms dm;
file: document doc; document: doc pdf; folder: directory dir; picture: image photo illustration logo; photo: image;
image: graphic; video: movie film clip youtube; movie: film cinema; show: series episode tv; issue: ticket bug task;
bug: defect error; task: todo ticket; meeting: event appointment call; event: calendar appointment;
user: member person people account; employee: staff worker person; customer: client contact buyer;
contact: person people lead; company: organization organisation business firm corporation; team: group organization;
repo: repository project; repository: codebase; comment: note remark feedback reply; review: feedback rating comment;
database: db sql; sheet: spreadsheet excel worksheet; spreadsheet: excel csv; row: record entry line;
column: field attribute; record: entry item; price: cost rate fee quote; stock: share equity ticker inventory;
crypto: cryptocurrency coin bitcoin ethereum blockchain token; currency: money exchange forex;
finance: financial money bank investment stock; invest: investment portfolio stock fund; invoice: bill receipt;
payment: transaction charge; order: purchase; product: item good merchandise; discount: coupon deal offer promo;
weather: forecast temperature climate rain; location: place address position coordinate;
map: location place direction geocode; route: direction path navigation; flight: airline airport plane;
hotel: accommodation lodging stay; travel: trip flight hotel itinerary tourism vacation tour;
trip: itinerary journey tour; restaurant: food dining eat menu dinner lunch reservation cuisine;
food: meal dish nutrition recipe; recipe: cooking cook meal dish ingredient; diet: nutrition meal calorie;
drink: beverage wine beer cocktail; music: song track album playlist artist; song: track lyric;
news: article headline; article: post blog story; website: webpage page site web url; page: webpage site;
url: link address; internet: web online; job: career employment position vacancy; resume: cv;
course: class lesson education training; school: university college education student; game: play player puzzle;
sport: team match league football soccer basketball player; health: medical medicine doctor disease symptom;
workout: fitness exercise gym; law: legal lawyer attorney; house: property home estate apartment; rent: rental lease;
car: vehicle auto automobile; pet: animal dog cat; gift: present shop; code: program script source; function: method;
error: exception failure; log: logging trace; metric: statistic stat analytics; chart: graph visualization diagram;
diagram: graph flowchart; time: date clock timezone; date: day; password: secret credential generate;
key: token credential; permission: access role; label: tag category; setting: config configuration option preference;
environment: env variable; server: host machine instance; container: docker pod; pipeline: workflow build ci;
notification: alert reminder; reminder: alarm; tweet: twitter post; audio: sound voice speech; podcast: audio episode;
word: vocabulary dictionary; definition: meaning dictionary; language: translation english vocabulary;
paper: research publication study scholar journal academic; presentation: slide powerpoint;
survey: form questionnaire; charity: nonprofit donation donate; horoscope: astrology zodiac;
fashion: clothes clothing outfit; concert: event ticket; seo: keyword ranking traffic;
ad: advertisement advertising campaign; math: mathematics equation; domain: dns hostname; story: tale fiction issue;
quiz: question trivia; beauty: makeup cosmetic skincare hair; baby: child kid parent; kid: child children toy;
family: parent child; dating: relationship partner match; love: relationship romance; wedding: event party gift;
party: event celebration birthday; museum: art gallery exhibition; art: painting drawing artist design gallery;
design: template layout graphic logo brand; logo: brand icon; brand: company marketing;
marketing: campaign advertising seo promotion; advertising: campaign; sale: deal revenue lead; lead: prospect crm;
crm: customer contact deal; shop: store shopping ecommerce product; shopping: product price store buy;
store: market save; grocery: food supermarket shopping; cuisine: food dish recipe; coffee: drink cafe;
vacation: holiday trip hotel; beach: travel destination sea; destination: travel place city;
city: place town location; country: nation region; visa: passport immigration travel;
transit: bus train transport station; train: railway station; bus: transport; transport: traffic vehicle;
traffic: road route; taxi: ride cab; plane: aircraft aviation; ship: vessel marine boat; parking: car garage;
gas: fuel petrol; electricity: energy power; energy: power solar; climate: environment carbon emission;
pollution: air quality emission; earthquake: disaster hazard; space: nasa astronomy planet; planet: astronomy;
science: research physics chemistry biology; biology: gene protein; chemistry: molecule compound;
medicine: drug medication pharmacy treatment; drug: medication; doctor: physician hospital clinic appointment;
hospital: clinic medical; disease: illness condition diagnosis; symptom: diagnosis condition;
therapy: mental health counseling; stress: mental wellness relax; meditation: mindfulness relax wellness;
sleep: health rest; yoga: fitness exercise; running: fitness workout; calorie: nutrition food; weight: diet fitness;
insurance: policy coverage claim; tax: irs accounting; accounting: bookkeeping invoice finance ledger;
bank: account banking; loan: mortgage credit interest; mortgage: home; credit: card score;
budget: expense money spending; expense: cost spending; salary: pay wage compensation; money: cash payment;
fund: etf investment; etf: stock; dividend: stock; portfolio: investment holding asset; asset: holding property;
nft: crypto token collection; wallet: crypto address balance; trade: order exchange market; market: stock exchange;
economy: economic gdp inflation; interview: job career; hire: recruit candidate job; candidate: applicant recruit;
freelance: job; student: course; teacher: school lesson; exam: test quiz; homework: math lesson question;
essay: writing text; grammar: writing spelling language; spelling: spell; writing: text content; blog: post content;
content: text post article; headline: title; title: heading name; poem: poetry; band: artist music;
singer: artist music; artist: musician; guitar: chord music; radio: station music; actor: movie cast film;
anime: manga; manga: comic; read: view book; novel: story fiction; library: book package dependency module;
puzzle: riddle; chess: game; trivia: fact; joke: funny humor; meme: image funny; dice: roll random; random: generate;
lottery: lotto; bet: odds betting; football: soccer nfl; basketball: nba; baseball: mlb sport; league: standings;
player: athlete; ticket: event booking; festival: event concert; calendar: schedule appointment;
appointment: booking schedule; reservation: booking; availability: slot schedule free; birthday: date;
holiday: calendar; anniversary: date; zodiac: astrology; tarot: astrology fortune; dream: interpretation;
religion: bible church; bible: verse scripture; quote: saying; quran: verse; furniture: home decor interior;
interior: room decor design home; garden: plant; plant: flower; animal: wildlife species; dog: breed;
apartment: rental property listing; listing: property estate; landlord: rental property; legislation: law bill;
contract: agreement legal document; patent: trademark; court: law case; government: public policy agency;
election: vote politics; politic: government election; police: crime; phone: telephone mobile number call;
sms: text phone; call: ring; slack: channel message; channel: room; forum: discussion thread;
thread: conversation discussion; discussion: conversation; social: instagram facebook twitter tiktok; tiktok: video;
follower: social profile; profile: user account bio; hashtag: tag social; influencer: social; avatar: image profile;
gif: image animation; animation: video; edit: video; subtitle: transcript caption;
transcript: transcription caption text; transcribe: transcript speech audio; voice: speech; sing: song;
pronounce: pronunciation; translate: translation language; translation: translator; synonym: word thesaurus;
summary: overview abstract; abstract: paper; citation: reference paper; journal: publication diary;
academic: scholarly research; research: investigate study; report: document summary; template: layout; note: memo;
knowledge: memory fact wiki; memory: remember; remember: save store; wiki: wikipedia encyclopedia;
encyclopedia: wikipedia; bookmark: link favorite; rss: feed news; newsletter: email subscribe; spam: email;
subscriber: newsletter audience; audience: segment; visitor: traffic analytics; analytic: traffic report insight;
ranking: rank position; keyword: term; backlink: link seo; screenshot: image; browser: page web tab; cookie: browser;
proxy: ip; ip: address geolocation network; geolocation: location; network: connection; ping: network; port: network;
certificate: ssl tls; encrypt: encode cipher hash; decrypt: decode; encode: convert; decode: parse; hash: checksum;
vulnerability: security cve; security: threat; threat: malware; malware: virus; scan: check inspect; compile: build;
package: module dependency; class: type; variable: env; debug: breakpoint trace; lint: check format; format: style;
refactor: rename code; snippet: code; notebook: jupyter; commit: change revision; revision: version; version: release;
branch: ref; sprint: iteration board; milestone: release; epic: story issue; board: kanban; assign: owner assignee;
assignee: owner; status: state; priority: urgency; deadline: due; progress: status; trigger: event; webhook: callback;
queue: topic message; bucket: storage s3; storage: disk drive; disk: drive volume; drive: file;
backup: snapshot restore; cluster: kubernetes node; kubernetes: k8s; cloud: aws azure gcp; deployment: release;
instance: vm machine; vm: machine; virtual: vm; dashboard: panel; incident: alert outage; outage: downtime;
uptime: availability monitor; latency: performance response; performance: speed; cpu: usage resource;
usage: consumption utilization; cost: billing spend; billing: invoice subscription; subscription: plan;
refund: payment return; shipment: shipping delivery package; shipping: delivery; tracking: track;
inventory: warehouse; supplier: vendor; equation: formula; integral: math calculus; matrix: math linear;
average: mean statistic; probability: statistic; percentage: percent; unit: measurement conversion; distance: length;
area: region; region: zone; nearby: near around close; near: around; elevation: altitude height;
coordinate: latitude longitude; color: palette colour; font: typography typeface; icon: symbol; qr: barcode;
shorten: short url; redirect: url; chatbot: assistant bot; bot: assistant; prompt: instruction; model: ai llm;
ai: gpt
`.trim();

/** Term → the terms it stands beside in the table. */
export const synonyms: ReadonlyMap<string, ReadonlySet<string>> = toSynonyms(synonymTable);

function toSynonyms(table: string): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  const relate = (from: string, to: string): void => {
    const others = known.get(from);
    if (others === undefined) known.set(from, new Set([to]));
    else others.add(to);
  };
  for (const row of table.split(/;\s/)) {
    const [head = "", ...others] = row.split(/:? /).map((word) => toTerm(word) ?? word);
    for (const other of others) {
      if (other === head) continue;
      relate(head, other);
      relate(other, head);
    }
  }
  return known;
}
