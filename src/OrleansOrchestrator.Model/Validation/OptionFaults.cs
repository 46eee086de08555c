using System.Runtime.CompilerServices;

namespace OrleansOrchestrator.Model.Validation;

/// <summary>
/// Collects all faults of options, so that an operator sees them together. The option's name comes from the expression that reads it.
/// </summary>
/// <remarks>
/// Data annotations cannot compare times or options with each other, and <c>ValidateOptionsResultBuilder</c> checks nothing itself.
/// </remarks>
public sealed class OptionFaults
{
    private readonly List<string> _all = [];

    /// <summary>The faults, one sentence each; empty if there are none.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Requires a number of at least one.</summary>
    public void AtLeastOne(long value, [CallerArgumentExpression(nameof(value))] string name = "") => AtLeast(value, 1, name);

    /// <summary>Requires a number of at least another one.</summary>
    public void AtLeast(long value, long least, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value >= least, $"{NameIn(name)} must be at least {least}, but is {value}.");

    /// <summary>Requires a number within a range.</summary>
    public void Between(long value, long least, long most, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value >= least && value <= most, $"{NameIn(name)} must be between {least} and {most}, but is {value}.");

    /// <summary>Requires a time above zero.</summary>
    public void Positive(TimeSpan value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value > TimeSpan.Zero, $"{NameIn(name)} must be longer than nothing, but is {value}.");

    /// <summary>Requires a time of zero or more.</summary>
    public void NotNegative(TimeSpan value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value >= TimeSpan.Zero, $"{NameIn(name)} must not be negative, but is {value}.");

    /// <summary>Requires another condition.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="fault">The sentence if it does not hold; it names the options.</param>
    public void Require(bool holds, string fault)
    {
        if (!holds)
            _all.Add(fault);
    }

    /// <summary>Adds the faults of nested options.</summary>
    public void AddRange(IEnumerable<string> faults) => _all.AddRange(faults);

    private static string NameIn(string expression) => expression[(expression.LastIndexOf('.') + 1)..];
}
