using k8s.Models;
using Spectre.Console;

namespace OrleansOrchestrator.Cli.Demo;

/// <summary>Prints the demo: its steps, and a table of the pods whenever it changes.</summary>
internal sealed class DemoOutput
{
    private const int RedirectedWidth = 200;

    private string _shown = "";

    /// <summary>Prints to standard output. A line is a line where that is no terminal.</summary>
    public DemoOutput()
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = RedirectedWidth;
    }

    /// <summary>Prints a step.</summary>
    public void Say(string text) => AnsiConsole.MarkupLineInterpolated($"[bold]•[/] {text}");

    /// <summary>Prints who answered how often.</summary>
    public void ShowAnswers(IReadOnlyDictionary<string, int> answers)
    {
        foreach (var (answer, count) in answers)
            AnsiConsole.MarkupLineInterpolated($"    {answer} ×{count}");
    }

    /// <summary>Prints the pods, unless they look as they did last time.</summary>
    public void ShowPods(IReadOnlyList<V1Pod> pods)
    {
        var rows = pods.Select(Row).ToList();
        var looks = string.Join('\n', rows.Select(row => string.Join('\t', row)));
        if (looks == _shown)
            return;
        _shown = looks;
        var table = new Table().Border(TableBorder.Simple).AddColumns("Pod", "Node", "IP", "Status", "Ready", "Restarts");
        foreach (var row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }

    private static string[] Row(V1Pod pod)
    {
        var container = pod.Status?.ContainerStatuses is [var first, ..] ? first : null;
        var status = pod.Metadata.DeletionTimestamp is not null
            ? "Terminating"
            : container?.State?.Waiting?.Reason ?? container?.State?.Terminated?.Reason ?? pod.Status?.Phase ?? "Pending";
        return
        [
            pod.Name(), pod.Spec.NodeName ?? "-", pod.Status?.PodIP ?? "-", status, container?.Ready == true ? "yes" : "no",
            $"{container?.RestartCount ?? 0}",
        ];
    }
}
