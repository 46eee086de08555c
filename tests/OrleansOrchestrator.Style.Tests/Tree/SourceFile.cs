namespace OrleansOrchestrator.Style.Tests.Tree;

/// <summary>A text file of the repository.</summary>
/// <param name="Path">Its path from the top folder, with forward slashes.</param>
/// <param name="Text">What it holds.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private string? _code;

    /// <summary>The text with comments, strings and character literals blanked out; offsets and lines stay the same.</summary>
    public string Code => _code ??= CodeScanner.Blank(Text);

    /// <summary>The file's lines.</summary>
    public string[] Lines => Text.Split('\n');

    /// <summary>The line, counted from 1, of an offset.</summary>
    public int LineOf(int offset) => Text.AsSpan(0, offset).Count('\n') + 1;

    /// <summary>How a finding names a place in this file.</summary>
    public string At(int offset) => $"{Path}:{LineOf(offset)}";
}
