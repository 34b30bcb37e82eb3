namespace Loomflow.Aspire.AuditService.Page;

/// <summary>How the pages look: light or dark as the reader's system is, on wide and narrow screens.</summary>
internal static class PageStyle
{
    public const string Css =
        """
        :root { color-scheme: light dark; --bg: #f6f7f9; --panel: #fff; --text: #1b1f27; --dim: #626a78; --line: #e1e4ea; --accent: #3451c6;
          --good: #17734a; --bad: #b3261e; --warn: #93600a; --tool: #7a3bb5; }
        @media (prefers-color-scheme: dark) { :root { --bg: #12151b; --panel: #1a1e26; --text: #e6e9ef; --dim: #98a1b0; --line: #2c323d; --accent: #8ea5ff;
          --good: #57c795; --bad: #ff8a80; --warn: #e5b35c; --tool: #c79bff; } }
        * { box-sizing: border-box }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--bg); max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem }
        a { color: var(--accent) } h1 { font-size: 1.35rem; margin: 0 } h1 a { color: inherit; text-decoration: none } h2 { font-size: 1rem; margin: 1.75rem 0 .6rem }
        code, pre { font: 13px/1.5 ui-monospace, monospace } .dim { color: var(--dim) } .hash { overflow-wrap: anywhere }
        header { display: flex; justify-content: space-between; align-items: center; flex-wrap: wrap; gap: .4rem 1rem; margin-bottom: 1.25rem }
        .state { font-size: .85rem; font-weight: 600; border: 1px solid; border-radius: 1rem; padding: .1rem .7rem; color: var(--good); white-space: nowrap } .state.bad { color: var(--bad) }
        .panel { background: var(--panel); border: 1px solid var(--line); border-radius: .6rem }
        .alarm { border: 1px solid var(--bad); border-left-width: .35rem; padding: .6rem 1rem; margin: 0 0 1rem; overflow-wrap: anywhere }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem }
        .card { padding: .75rem 1rem } .card h2 { margin: 0; color: var(--dim); font-size: .85rem; font-weight: 500 } .card b { display: block; font-size: 1.4rem; font-weight: 650; line-height: 1.35 }
        .card small { display: block; color: var(--dim) } .good { color: var(--good) } .bad { color: var(--bad) }
        form { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)) auto; gap: .5rem }
        input, button { font: inherit; padding: .45rem .7rem; border: 1px solid var(--line); border-radius: .45rem; background: var(--panel); color: inherit; min-width: 0; width: 100% }
        button { background: var(--accent); border-color: transparent; color: var(--panel); font-weight: 600; cursor: pointer; padding-inline: 1.2rem }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
        table { border-collapse: collapse; width: 100%; font-size: 14px } th { text-align: left; color: var(--dim); font-weight: 500; font-size: 13px }
        th, td { padding: .4rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere } tr:last-child td { border-bottom: 0 }
        th:first-child, td:first-child { padding-left: 1rem } td.n, td.when { color: var(--dim); white-space: nowrap; font-variant-numeric: tabular-nums }
        .what { font-weight: 600; white-space: nowrap } .what::before { content: ""; display: inline-block; width: .5rem; height: .5rem; border-radius: 50%; background: var(--mark, var(--dim)); margin-right: .45rem }
        .done { --mark: var(--good) } .fail { --mark: var(--bad) } .ask { --mark: var(--warn) } .tool { --mark: var(--tool) } .run { --mark: var(--accent) }
        .trail { margin: 0; padding: .5rem 1rem; list-style: none } .trail li { border-left: 2px solid var(--line); padding: .12rem 0 .12rem .8rem } .trail li.fail { border-color: var(--bad) }
        summary { cursor: pointer; list-style: none; display: flex; gap: 1rem; justify-content: space-between } summary::-webkit-details-marker { display: none }
        summary:hover { background: var(--bg) } summary code { overflow-wrap: anywhere } summary time { color: var(--dim); white-space: nowrap; font-size: 13px; font-variant-numeric: tabular-nums }
        pre { background: var(--bg); padding: .6rem .8rem; border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 }
        @media (max-width: 46rem) {
          form { grid-template-columns: 1fr 1fr } form button { grid-column: 1 / -1 } thead { display: none }
          tr { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .5rem 1rem; border-bottom: 1px solid var(--line) } tr:last-child { border-bottom: 0 }
          td, td:first-child { border: 0; padding: 0 } td.what { order: -2; flex: 1 0 60% } td.n { order: -1 } td.n::before { content: "#" } td:has(a), td.when { flex-basis: 100% } td.when { order: 9 } td:empty { display: none }
          .trail { padding: .5rem } .trail li { padding-left: .5rem; margin-left: calc(var(--depth) * .6rem) !important } summary { gap: .5rem }
        }
        """;
}
