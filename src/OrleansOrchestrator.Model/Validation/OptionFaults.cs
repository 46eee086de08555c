using System.Runtime.CompilerServices;

namespace OrleansOrchestrator.Model.Validation;

/// <summary>
/// Gathers all that is wrong with options, so that an operator is told everything at once. The name of an option is taken
/// from the expression that reads it.
/// </summary>
/// <remarks>
/// Data annotations compare neither times nor options with each other, and <c>ValidateOptionsResultBuilder</c> checks nothing
/// itself.
/// </remarks>
public sealed class OptionFaults
{
    private readonly List<string> _all = [];

    /// <summary>The faults, a sentence each; empty if the options are good.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Requires a number of at least one.</summary>
    public void AtLeastOne(long value, [CallerArgumentExpression(nameof(value))] string name = "") => AtLeast(value, 1, name);

    /// <summary>Requires a number that is not below another.</summary>
    public void AtLeast(long value, long least, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value >= least, $"{NameIn(name)} must be at least {least}, but is {value}.");

    /// <summary>Requires a number from a range.</summary>
    public void Between(long value, long least, long most, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value >= least && value <= most, $"{NameIn(name)} must be between {least} and {most}, but is {value}.");

    /// <summary>Requires a time that is longer than nothing.</summary>
    public void Positive(TimeSpan value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value > TimeSpan.Zero, $"{NameIn(name)} must be longer than nothing, but is {value}.");

    /// <summary>Requires a time that is nothing or longer.</summary>
    public void NotNegative(TimeSpan value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value >= TimeSpan.Zero, $"{NameIn(name)} must not be negative, but is {value}.");

    /// <summary>Requires something else.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="fault">The sentence if it does not; it names the options.</param>
    public void Require(bool holds, string fault)
    {
        if (!holds)
            _all.Add(fault);
    }

    /// <summary>Adds the faults of options within the options.</summary>
    public void AddRange(IEnumerable<string> faults) => _all.AddRange(faults);

    private static string NameIn(string expression) => expression[(expression.LastIndexOf('.') + 1)..];
}
