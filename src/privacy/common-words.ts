/** Words that are first or last names too, but stand for something else more often: a lone one is not taken for a person. */
export const commonWords: ReadonlySet<string> = new Set(
  `able ace admin aid air amber angel april archer art ash august austin autumn baker bank barber basil baron bass bay
   bean bear bell best bill birch bird bishop black blue bond booth bow brand bridge bright brook brooks brown buck bud
   bush butler carter case cash chance charity chase chip church clay close cloud club coal cole cook cooper coral
   count court cox craft crane creek crew cross crow crystal curry dale dan data dawn day dean dear dell destiny dick
   diamond dove drake duke dusty earl early east eden elder ember english faith falcon farmer field fields finch fish
   fisher flint flood flora ford forest fort foster fox france frank franklin free french frost gale garden gates gem
   german ginger glass gold golden good grace grand grant gray green grey grove guest gunner guy hall harbor hardy
   harmony harper hart hay hazel heart heath heather heaven hero hill hills holder holiday holland holly home hope
   house hunt hunter iris ivory ivy jack jade jasmine jasper jay jean jersey jet jewel jordan joy judge july june
   justice karma key king kings knight lace lake lamb land lane lark laurel law leaf lee lily link lion little long
   lord love low lucky lynn mace major manager march mark marks marsh martini mason master may mercy mike miles mill
   miller mills mint mission moon moore more morning moss mount new nice noble north oak ocean olive opal orange page
   palm paris park parker parks patience peace peach pearl penny pepper perry pike pine piper pitt pool pope porter post
   potter pound power price prince prior pug queen quick rain ranger ray reed reef rice rich rider ridge ring river
   rivers road robin rock rod rose rosemary rowan royal ruby rush rusty sage sailor sale sales sandy savage scarlet
   school scout sea serene sergeant shade shaw shepherd sharp short silver singer sky small smart smith snow song south
   spark sparrow spear spring stark star steel sterling stone storm street strong sue summer summers sun sunday sunny
   swan sweet system tab tailor tanner taylor teal terra test thorn tiger timber timothy tower trinity true turner
   union unique user vale van victor victory violet virginia wade wake walker wall walls ward warner waters watts web
   weaver webb welch well wells west wheeler white will willow wills winter wise wolf wood woods worth wright wynn
   yale young zion
   january february september october november december monday tuesday wednesday thursday friday saturday
   the and for with from that this not but you all any can her was one our out new now old see two who did its let she
   none null true false yes unknown anonymous customer client contact company team support office service account
   mister miss doctor professor senior junior president director`.split(/\s+/),
);
