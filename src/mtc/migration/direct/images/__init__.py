"""Direct copies of images: a DirectImageMigration lists ImageStreams, a DirectImageStreamMigration copies the images of one.

`declared` says what is wrong with either; `streams` reads ImageStreams; `copies` runs the copies beside the passes, because one may
take an hour; `of_stream` and `of_namespaces` are the itineraries; `of_migration` is what a MigMigration makes and sees of all this.
"""
