// Clusters of several tests at once would fight over two cores, and make deadlines a matter of luck.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
