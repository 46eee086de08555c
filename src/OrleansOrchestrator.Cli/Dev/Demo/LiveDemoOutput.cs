using k8s.Models;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>Shows the demo on a terminal, as one table that is updated in place.</summary>
internal sealed class LiveDemoOutput(LiveDisplayContext display) : IDemoOutput
{
    /// <inheritdoc/>
    public void Show(IReadOnlyList<DemoStep> steps, IReadOnlyList<V1Pod> pods) => display.UpdateTarget(Draw(steps, [.. pods.Select(PodRow.Of)]));

    /// <summary>The table: the steps, and beneath them the pods.</summary>
    internal static IRenderable Draw(IReadOnlyList<DemoStep> steps, IReadOnlyList<PodRow> pods)
    {
        var all = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").Expand();
        all.AddRow(StepTable(steps));
        if (pods.Count > 0)
            all.AddRow(PodTable(pods));
        return all;
    }

    private static Table StepTable(IReadOnlyList<DemoStep> steps)
    {
        var table = new Table().Border(TableBorder.Simple).Expand();
        table.AddColumn(new TableColumn("").NoWrap());
        table.AddColumn(new TableColumn("Step").NoWrap());
        table.AddColumn(new TableColumn("Time").RightAligned().NoWrap());
        table.AddColumn("Command");
        foreach (var step in steps)
        {
            var (mark, style) = step switch
            {
                { IsDone: true } => ("[green]✓[/]", "default"),
                { Elapsed: not null } => ("[yellow]▸[/]", "bold"),
                _ => (" ", "dim"),
            };
            table.AddRow(
                new Markup(mark),
                new Markup($"[{style}]{Markup.Escape(step.Title)}[/]"),
                new Markup($"[{style}]{step.Duration}[/]"),
                new Markup($"[{(step.Elapsed is null ? "dim" : "blue")}]{Markup.Escape(step.Command)}[/]"));
        }

        return table;
    }

    private static Table PodTable(IReadOnlyList<PodRow> pods)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var title in PodRow.Titles)
            table.AddColumn(new TableColumn(title).NoWrap());
        foreach (var pod in pods)
        {
            var color = pod.Status == "Terminating" ? "dim" : pod.Ready == "yes" ? "green" : "yellow";
            table.AddRow([.. pod.Cells.Select(cell => $"[{color}]{Markup.Escape(cell)}[/]")]);
        }

        return table;
    }
}
