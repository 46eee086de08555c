using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Tests.Validation;

public sealed class OptionFaultsTests
{
    private sealed record Options(int RowsMax, TimeSpan Period, TimeSpan Grace);

    [Fact]
    public void Faults_OfSeveralOptions_AreToldAllAtOnceByName()
    {
        var options = new Options(0, TimeSpan.Zero, TimeSpan.FromSeconds(-1));
        var faults = new OptionFaults();
        faults.AtLeastOne(options.RowsMax);
        faults.Between(options.RowsMax, 1, 5);
        faults.Positive(options.Period);
        faults.NotNegative(options.Grace);
        faults.Require(false, "Period must be less than Grace.");

        faults.All.ShouldBe([
            "RowsMax must be at least 1, but is 0.", "RowsMax must be between 1 and 5, but is 0.", "Period must be longer than nothing, but is 00:00:00.",
            "Grace must not be negative, but is -00:00:01.", "Period must be less than Grace.",
        ]);
    }

    [Fact]
    public void Faults_OfGoodOptions_AreNone()
    {
        var options = new Options(1, TimeSpan.FromTicks(1), TimeSpan.Zero);
        var faults = new OptionFaults();
        faults.AtLeastOne(options.RowsMax);
        faults.AtLeast(options.RowsMax, 1);
        faults.Positive(options.Period);
        faults.NotNegative(options.Grace);
        faults.All.ShouldBeEmpty();
    }
}
