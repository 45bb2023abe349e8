-- One row a followed app and store id, with the days on which that id was the app.
SELECT app, name, publisher, colour, store, app_id, since, until
FROM lake.followed
