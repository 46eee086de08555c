namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>One subject of measurement.</summary>
internal interface IScenario
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>What it measures, in a line.</summary>
    string Summary { get; }

    /// <summary>Whether it runs only if it is named.</summary>
    bool IsByNameOnly => false;

    /// <summary>How often its hollow nodes renew their leases, unless the user says otherwise.</summary>
    TimeSpan RenewInterval => TimeSpan.FromSeconds(2);

    /// <summary>Measures, adding to the report as it goes.</summary>
    Task RunAsync(LoadContext context);
}
