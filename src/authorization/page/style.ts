/** The one style sheet of the pages: readable at 320 pixels and at 400 %, contrast of 4.5 and more (WCAG 2.2 AA). */
export const style = `
:root { color-scheme: light dark; --ink: #17202a; --paper: #ffffff; --soft: #f1f4f7; --line: #c3ccd5; --strong: #0b5394; --on-strong: #ffffff; --bad: #a4161a; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #14191f; --soft: #1f272f; --line: #44505c; --strong: #8ec3f5; --on-strong: #0b1a28; --bad: #ff9b9b; --good: #8fd8a8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--soft); color: var(--ink); font: 1.05rem/1.5 system-ui, "Noto Sans TC", "PingFang TC", "Microsoft JhengHei", sans-serif; }
header, main, footer { max-width: 40rem; margin: 0 auto; padding: 1rem; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
header strong { font-size: 1.1rem; }
main { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
label { display: block; font-weight: 600; margin-top: 1rem; }
input[type=text], input[type=email], input[type=password], input[type=date], select { width: 100%; font: inherit; color: inherit; background: var(--paper); padding: .6rem .7rem; border: 1px solid var(--line); border-radius: .5rem; }
fieldset { border: 0; padding: 0; margin: 1rem 0 0; }
legend { font-weight: 600; padding: 0; }
.choice { display: flex; gap: .7rem; align-items: flex-start; font-weight: 400; padding: .6rem .2rem; border-bottom: 1px solid var(--line); margin: 0; }
.choice input { width: 1.3rem; height: 1.3rem; margin: .15rem 0 0; flex: none; }
.choice small, .note { color: inherit; opacity: .85; display: block; font-size: .92rem; }
button, .button { font: inherit; font-weight: 600; padding: .65rem 1.2rem; border-radius: .5rem; border: 1px solid var(--strong); background: var(--strong); color: var(--on-strong); cursor: pointer; text-decoration: none; display: inline-block; }
button.plain, .button.plain { background: transparent; color: var(--strong); }
button.small { padding: .3rem .8rem; font-size: .92rem; }
.actions { display: flex; gap: .8rem; flex-wrap: wrap; margin-top: 1.5rem; }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
a { color: var(--strong); }
.fault { border-left: .4rem solid var(--bad); background: var(--soft); padding: .7rem 1rem; margin: 0 0 1rem; }
.done { border-left: .4rem solid var(--good); background: var(--soft); padding: .7rem 1rem; margin: 0 0 1rem; }
ul.list { list-style: none; padding: 0; margin: 0; }
ul.list > li { border-bottom: 1px solid var(--line); padding: .8rem 0; display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; align-items: center; }
ul.list form { margin: 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; } dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .4rem .5rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
footer { font-size: .92rem; }
`;
